"""The short words of a Qliro company's orders: `items: [vas, frakt]`, `buyer: anna`, what happens later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from sandbox.qliro.acting import ActBody, SaleBody
from sandbox.scenarios.scenario import QliroOrder, Retry
from sandbox.scenarios.words import ScenarioError, expectation, later, moment_of, named

ACTIONS = frozenset({"ship", "return", "cancel", "add", "give_back"})
_OWN_KEYS = frozenset({"name", "about", "at", "expect", "later", "buyer", "items", "heard"})


@dataclass(frozen=True)
class QliroWords:
    """Products and buyers of one file."""

    file: str
    products: dict[str, Any]
    buyers: dict[str, Any]

    def order(self, entry: Any) -> QliroOrder:  # noqa: ANN401 -- any YAML
        """One order with its short words written out. Raises ScenarioError."""
        if not isinstance(entry, dict) or not entry.get("name"):
            raise ScenarioError(self.file, f"an order needs a name: {entry!r}")
        name = str(entry["name"])
        where = f"{self.file}, order {name}"
        buyer = named(self.buyers, entry.get("buyer") or {}, "buyer", where)
        plain = {key: value for key, value in entry.items() if key not in _OWN_KEYS}
        try:
            sale = SaleBody.model_validate({**buyer, **plain, "reference": name, "items": self._items(entry, where)})
        except ValidationError as error:
            raise ScenarioError(where, str(error)) from error
        return QliroOrder(
            name=name,
            about=str(entry.get("about") or ""),
            sale=sale,
            placed_at=moment_of(entry.get("at"), f"{where}, at"),
            expect=expectation(entry.get("expect"), where, sale.currency),
            later=tuple(self._later(step, where) for step in entry.get("later") or []),
            is_heard=bool(entry.get("heard", True)),
        )

    def _later(self, raw: Any, where: str) -> Retry:  # noqa: ANN401 -- any YAML
        found = later(raw, where, ACTIONS)
        try:
            act = ActBody.model_validate({**found.details, "items": self._items(found.details, where)})
        except ValidationError as error:
            raise ScenarioError(where, str(error)) from error
        return Retry(found.at, found.action, act.model_dump(mode="json"))

    def _items(self, holder: Any, where: str) -> list[dict[str, Any]]:  # noqa: ANN401 -- any YAML
        """An item is a product's word, or a mapping with one and what differs."""
        found = []
        for item in holder.get("items") or []:
            own = item if isinstance(item, dict) else {"product": item}
            product = named(self.products, own.get("product") or {}, "product", where)
            found.append({**product, **{key: value for key, value in own.items() if key != "product"}})
        return found
