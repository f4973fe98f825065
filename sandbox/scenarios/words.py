"""The short words of scenario files: products, buyers, what happens later, what is expected."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import ValidationError

from sandbox.scenarios.scenario import OUTCOMES, Expectation, Retry, ScenarioOrder
from sandbox.shopify.spec import OrderSpec

ACTIONS = frozenset({"pay", "capture", "void", "refund", "settle", "cancel", "edit", "fulfil", "update"})
OWN_KEYS = frozenset({"about", "expect", "later", "deliveries", "buyer", "lines", "paid_by"})
"""Keys of an order that belong to the scenario; all others belong to the order spec."""


class ScenarioError(Exception):
    """A scenario file that cannot be used; the sentence names file, order and fault."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")


class Words:
    """The short words of one scenario file and what they stand for."""

    def __init__(self, file: str, products: dict[str, Any], buyers: dict[str, Any], currency: str) -> None:
        self.file = file
        self.products = products
        self.buyers = buyers
        self.currency = currency

    def order(self, entry: Any) -> ScenarioOrder:  # noqa: ANN401 -- any YAML
        """One order with its short words written out."""
        if not isinstance(entry, dict) or not entry.get("name"):
            raise ScenarioError(self.file, f"an order needs a name: {entry!r}")
        name = str(entry["name"])
        where = f"{self.file}, order {name}"
        spec = self._spec(entry, where)
        placed = spec.created_at or spec.processed_at
        if placed is None:
            raise ScenarioError(where, "processed_at is missing")
        return ScenarioOrder(
            name=name,
            about=str(entry.get("about") or ""),
            spec=spec,
            placed_at=placed,
            expect=expectation(entry.get("expect"), where, self.currency),
            later=tuple(later(step, where, ACTIONS) for step in entry.get("later") or []),
            delivery_faults=tuple(dict(fault) for fault in entry.get("deliveries") or []),
        )

    def _spec(self, entry: dict[str, Any], where: str) -> OrderSpec:
        plain = {key: value for key, value in entry.items() if key not in OWN_KEYS}
        plain["lines"] = [self._line(line, where) for line in entry.get("lines") or []]
        plain["buyer"] = named(self.buyers, entry.get("buyer") or {}, "buyer", where)
        if "paid_by" in entry:
            plain["payments"] = [{"gateway": entry["paid_by"]}]
        try:
            return OrderSpec.model_validate(plain)
        except ValidationError as error:
            raise ScenarioError(where, str(error)) from error

    def _line(self, line: Any, where: str) -> dict[str, Any]:  # noqa: ANN401 -- any YAML
        if isinstance(line, str):
            return named(self.products, line, "product", where)
        if not isinstance(line, dict):
            raise ScenarioError(where, f"a line is a product's word or a mapping, not {line!r}")
        own = {key: value for key, value in line.items() if key != "product"}
        return {**named(self.products, line.get("product") or {}, "product", where), **own}


def named(words: dict[str, Any], word: Any, kind: str, where: str) -> dict[str, Any]:  # noqa: ANN401
    """What a short word stands for; a mapping stands for itself. Raises ScenarioError."""
    if isinstance(word, dict):
        return word
    if word not in words:
        raise ScenarioError(where, f"unknown {kind} {word!r}")
    return dict(words[word])


def expectation(raw: Any, where: str, currency: str) -> Expectation:  # noqa: ANN401 -- any YAML
    """What must come of an order. Raises ScenarioError."""
    if not isinstance(raw, dict) or raw.get("outcome") not in OUTCOMES:
        raise ScenarioError(where, f"expect.outcome must be one of {', '.join(OUTCOMES)}")
    if raw["outcome"] == "stopped" and not raw.get("code"):
        raise ScenarioError(where, "a stopped order needs expect.code")
    try:
        total = int((Decimal(str(raw["total"])) * 100).to_integral_exact())
        left = int((Decimal(str(raw.get("left", raw["total"]))) * 100).to_integral_exact())
    except (KeyError, InvalidOperation) as error:
        raise ScenarioError(where, 'expect.total must be an amount such as "627.00"') from error
    return Expectation(
        outcome=raw["outcome"],
        total=total,
        currency=str(raw.get("currency") or currency),
        left=left,
        code=raw.get("code"),
        invoices=int(raw.get("documents", 1)),
        invoices_at_most=int(raw.get("invoices_at_most", 0)),
        credit_notes=int(raw.get("credit_notes", 0)),
    )


def later(raw: Any, where: str, actions: AbstractSet[str]) -> Retry:  # noqa: ANN401 -- any YAML
    """What happens to an order after it was placed. Raises ScenarioError."""
    if not isinstance(raw, dict) or raw.get("do") not in actions:
        raise ScenarioError(where, f"later.do must be one of {', '.join(sorted(actions))}")
    moment = moment_of(raw.get("at"), f"{where}, later.at")
    return Retry(moment, raw["do"], {key: value for key, value in raw.items() if key not in {"do", "at"}})


def moment_of(raw: Any, where: str) -> datetime:  # noqa: ANN401 -- any YAML
    """A moment with its offset. Raises ScenarioError."""
    try:
        moment = raw if isinstance(raw, datetime) else datetime.fromisoformat(str(raw))
    except ValueError as error:
        raise ScenarioError(where, f"must be a moment, not {raw!r}") from error
    if moment.tzinfo is None:
        raise ScenarioError(where, f"needs an offset: {raw}")
    return moment


def part(raw: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    """A mapping inside a mapping. Raises ScenarioError."""
    found = raw.get(key)
    if not isinstance(found, dict):
        raise ScenarioError(where, f"{key!r} is missing or not a mapping")
    return found
