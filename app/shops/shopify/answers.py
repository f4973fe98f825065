"""Errors of a GraphQL answer: refused fields, refused queries, throttling, the version that answered."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.model.finding import UNSTATED
from app.shops.base import Shop, SourceError
from app.shops.shopify.scopes import named_scope, scope_of

_TRUNCATED = "results truncated"
"""Shopify's own words where it stops to list errors: "Too many execution errors, max error limit reached. Results
truncated" (recorded by public clients). What is left of the data cannot be trusted then."""
_LASTING = frozenset({"BAD_REQUEST", "INVALID_VARIABLE", "MAX_COST_EXCEEDED", "PARSE_ERROR"})
"""Refusals of the query itself. Those of a query that does not fit the schema have codes in small letters
(`undefinedField`, `variableNotUsed`); every other code is of a temporary state (shopify.dev, GraphQL error codes)."""
_LONGEST_MESSAGE = 200


@dataclass(frozen=True, slots=True)
class Denial:
    """A field that this token may not read."""

    path: tuple[str, ...]
    scope: str
    """As Shopify names it; where it names none, as our table does; empty: unknown."""

    @property
    def field(self) -> str:
        """The field as people find it in Shopify's reference."""
        return ".".join(part for part in self.path if not part.isdigit())


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `data` is empty where the whole of it was refused."""

    data: Mapping[str, Any]
    denials: Sequence[Denial] = field(default=())
    is_cut: bool = False
    """Errors were so many that Shopify cut the answer."""

    def denied_of(self, names: Collection[str]) -> frozenset[str]:
        """Which of these fields were refused, or lie around one that was."""
        return frozenset(part for denial in self.denials for part in denial.path if part in names)

    def other_than(self, names: Collection[str]) -> Denial | None:
        """A refused field that is none of these, or None."""
        return next((denial for denial in self.denials if not any(part in names for part in denial.path)), None)


def answer_of(body: Mapping[str, Any], shop: Shop) -> Answer:
    """The data and what was refused of it. Raises SourceError for a refusal of the whole query.

    What will be refused tomorrow as well (a query that is too expensive, a field that is not there any more) does not
    pass: waiting would look like an outage that never ends.
    """
    errors = errors_of(body)
    is_cut = any(_TRUNCATED in _message(error).lower() for error in errors)
    denials = [_denial(error) for error in errors if code_of(error) == "ACCESS_DENIED" or _is_unapproved(error)]
    others = [
        error
        for error in errors
        if code_of(error) != "ACCESS_DENIED" and not _is_unapproved(error) and _TRUNCATED not in _message(error).lower()
    ]
    if others:
        raise _refused(others, shop, has_data=isinstance(body.get("data"), dict))
    data = body.get("data")
    if isinstance(data, dict) or denials or is_cut:
        if is_cut and not denials:
            raise SourceError("SHOPIFY_QUERY_REFUSED", "errors without a field, cut", passes=False)
        return Answer(data if isinstance(data, dict) else {}, denials, is_cut)
    raise SourceError("SHOPIFY_UNAVAILABLE", "an answer without data", passes=True)


def denied(denial: Denial) -> SourceError:
    """The refusal of a required field."""
    return SourceError("SHOPIFY_ACCESS_DENIED", denial.field, passes=False, values={"scope": denial.scope or UNSTATED})


def errors_of(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The errors of an answer, of whatever shape they are."""
    errors = body.get("errors") or []
    return (
        [error for error in errors if isinstance(error, dict)]
        if isinstance(errors, list)
        else [{"message": str(errors)}]
    )


def code_of(error: Mapping[str, Any]) -> str:
    """Shopify's own code of an error; empty where it gives none."""
    extensions = error.get("extensions")
    return str(extensions.get("code") or "") if isinstance(extensions, dict) else ""


def throttled_for(body: Mapping[str, Any]) -> float | None:
    """Seconds until the bucket holds what the query asks for; None when it was not throttled."""
    if not any(code_of(error) == "THROTTLED" for error in errors_of(body)):
        return None
    cost = (body.get("extensions") or {}).get("cost") or {}
    status = cost.get("throttleStatus") or {}
    missing = float(cost.get("requestedQueryCost") or 50) - float(status.get("currentlyAvailable") or 0)
    return max(missing / float(status.get("restoreRate") or 50), 0.01)


def _message(error: Mapping[str, Any]) -> str:
    return str(error.get("message") or "")


def _is_unapproved(error: Mapping[str, Any]) -> bool:
    """Protected customer data is refused by words alone in older answers (shopify-api.md 1.8)."""
    return "is not approved to" in _message(error) or _message(error).startswith("Access denied for ")


def _denial(error: Mapping[str, Any]) -> Denial:
    path = error.get("path")
    named = tuple(str(part) for part in path) if isinstance(path, list) else ()
    known = next((scope_of(part) for part in reversed(named) if scope_of(part)), "")
    return Denial(named or ("order",), named_scope(error) or known)


def _refused(errors: Sequence[Mapping[str, Any]], shop: Shop, *, has_data: bool) -> SourceError:
    words = f"{shop.domain}: {_message(errors[0])[:_LONGEST_MESSAGE]}"
    # A query that could not be read has no code, but says where it could not be read.
    unread = not has_data and any(error.get("locations") and not code_of(error) for error in errors)
    if unread or any(code_of(error) in _LASTING or code_of(error)[:1].islower() for error in errors):
        return SourceError("SHOPIFY_QUERY_REFUSED", words, passes=False)
    return SourceError("SHOPIFY_UNAVAILABLE", words, passes=True)
