"""Errors in the shape of GraphQL answers (shopify-api.md section 6)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.shopify.graphql.reading import Field

REQUIRED_AS_RECORDED: Mapping[str, str] = {
    "name": "`read_locations` access scope or `read_markets_home` access scope.",
    "orders": "",
    "shopifyPaymentsAccount": "the `read_shopify_payments` or the `read_shopify_payments_accounts` access scope.",
}
"""Refused field → what the real one says is required, where that is not the one scope that would do
(tests/contract/test_shopify_refusals_from_sources.py has the sources). `name` is that of a Location."""
PROTECTED_DATA_PAGE = "https://shopify.dev/docs/apps/launch/protected-customer-data"
CUSTOM_APPS_PAGE = "https://help.shopify.com/en/manual/apps/app-types/custom-apps"


class GraphQLProblem(Exception):  # noqa: N818 -- "error" is the name of its rendering
    """One entry of `errors[]`; raised it ends the whole answer without data."""

    def __init__(
        self,
        message: str,
        code: str | None = None,
        *,
        path: list[str | int] | None = None,
        locations: list[dict[str, int]] | None = None,
        **extensions: Any,  # noqa: ANN401 -- any JSON
    ) -> None:
        self.message = message
        self.code = code
        self.path = path
        self.locations = locations
        self.extensions = ({"code": code} if code else {}) | extensions
        super().__init__(message)

    def rendered(self) -> dict[str, Any]:
        """The JSON of this error."""
        entry: dict[str, Any] = {"message": self.message}
        if self.locations:
            entry["locations"] = self.locations
        if self.path is not None:
            entry["path"] = self.path
        if self.extensions:
            entry["extensions"] = self.extensions
        return entry


def throttled() -> GraphQLProblem:
    """The bucket does not hold what the query asks for."""
    return GraphQLProblem("Throttled", "THROTTLED", documentation="https://shopify.dev/api/usage/rate-limits")


def too_expensive(requested: int, limit: int) -> GraphQLProblem:
    """A single query may request at most 1000 points."""
    return GraphQLProblem(
        f"Query cost is {requested}, which exceeds the single query max cost limit ({limit}).\n\n"
        "See https://shopify.dev/concepts/about-apis/rate-limits for more information on how the\n"
        "cost of a query is calculated.\n\n"
        "To query larger amounts of data with fewer limits, bulk operations should be used instead.\n"
        "See https://shopify.dev/api/usage/bulk-operations/queries for usage details.\n",
        "MAX_COST_EXCEEDED",
        cost=requested,
        maxCost=limit,
        documentation="https://shopify.dev/api/usage/limits#rate-limits",
    )


def internal_error() -> GraphQLProblem:
    """Something broke on Shopify's side; the answer names the request."""
    number = str(uuid.uuid4())
    return GraphQLProblem(
        "Internal error. Looks like something went wrong on our end.\n"
        f"Request ID: {number} (include this in support requests).",
        "INTERNAL_SERVER_ERROR",
        requestId=number,
    )


def scope_missing(
    field: str,
    scopes: Collection[str],
    path: list[str | int] | None = None,
    *,
    line: int | None = None,
    column: int | None = None,
) -> GraphQLProblem:
    """The token lacks the access scope of this field. Where several would do, most answers name none."""
    one = f"`{next(iter(scopes))}` access scope." if len(scopes) == 1 else ""
    named = REQUIRED_AS_RECORDED.get(field, one)
    message = f"Access denied for {field} field." + (f" Required access: {named}" if named else "")
    required = {"requiredAccess": named} if named else {}
    return GraphQLProblem(
        message,
        "ACCESS_DENIED",
        path=path or [field],
        locations=[{"line": line, "column": column}] if line is not None and column is not None else None,
        documentation="https://shopify.dev/api/usage/access-scopes",
        **required,
    )


def data_hidden(type_name: str, wanted: Field, path: list[str | int], *, by_plan: bool) -> GraphQLProblem:
    """Protected customer data that the app is not approved for, or that the shop's plan does not give (1.8)."""
    if by_plan:
        said = (
            f"This app is not approved to access the {type_name} object. Access to personally identifiable information "
            "(PII) like customer names, addresses, emails, phone numbers is only available on Shopify, Advanced, and "
            f"Plus plans. See {CUSTOM_APPS_PAGE} for more details."
        )
    else:
        said = f"This app is not approved to use the {wanted.name} field. See {PROTECTED_DATA_PAGE} for more details."
    return GraphQLProblem(
        said,
        "ACCESS_DENIED",
        path=path,
        locations=[{"line": wanted.line, "column": wanted.column}],
        documentation=PROTECTED_DATA_PAGE,
    )


def object_hidden(
    type_name: str, path: list[str | int], *, line: int | None = None, column: int | None = None
) -> GraphQLProblem:
    """The app has no protected customer data at all: the whole object is refused (a recorded answer)."""
    return GraphQLProblem(
        f"This app is not approved to access the {type_name} object. See {PROTECTED_DATA_PAGE} for more details.",
        "ACCESS_DENIED",
        path=path,
        locations=[{"line": line, "column": column}] if line is not None and column is not None else None,
        documentation=PROTECTED_DATA_PAGE,
    )


def too_many_errors() -> GraphQLProblem:
    """What ends a list of errors that has become too long (words as public clients recorded them)."""
    return GraphQLProblem("Too many execution errors, max error limit reached. Results truncated")


def undefined_field(type_name: str, field: str, line: int, column: int) -> GraphQLProblem:
    """The type has no such field, or this emulator does not know it: either way a client may not build on it."""
    return GraphQLProblem(
        f"Field '{field}' doesn't exist on type '{type_name}'",
        "undefinedField",
        locations=[{"line": line, "column": column}],
        typeName=type_name,
        fieldName=field,
    )
