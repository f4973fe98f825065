"""Reading scenario files into frozen dataclasses, with errors that say where and what.

`NAME.yaml` in this folder is a scenario. It may keep its orders in other files (`orders_in`), and lines, buyers
and payments may be written short: `product: hoodie`, `buyer: anna`, `paid_by: Qliro`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from sandbox.scenarios.scenario import (
    OUTCOMES,
    CompanySetUp,
    Expectation,
    Later,
    Scenario,
    ScenarioOrder,
    ShopSetUp,
    TenantRules,
)
from sandbox.shopify.spec import OrderSpec

FOLDER = Path(__file__).parent
ACTIONS = frozenset({"pay", "capture", "void", "refund", "settle", "cancel", "edit", "fulfil", "update"})
OWN_KEYS = frozenset({"about", "expect", "later", "deliveries", "buyer", "lines", "paid_by"})
"""Keys of an order that belong to the scenario; all others belong to the order spec."""


class ScenarioError(Exception):
    """A scenario file that cannot be used; the sentence names file, order and fault."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")


def available() -> tuple[str, ...]:
    """Keys of the scenarios that can be loaded."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def load(key: str) -> Scenario:
    """The scenario with this key."""
    if key not in available():
        raise ScenarioError(key, f"no such scenario; there are {', '.join(available())}")
    return load_file(FOLDER / f"{key}.yaml")


def load_file(path: Path) -> Scenario:
    """The scenario in a file."""
    raw = _mapping(path, path.name)
    where = path.name
    shop = _shop(_part(raw, "shop", where), where)
    entries: list[Any] = list(raw.get("orders") or [])
    for other in raw.get("orders_in") or []:
        entries += _list(path.parent / other)
    words = _Words(where, raw.get("products") or {}, raw.get("buyers") or {}, shop.currency)
    orders = tuple(words.order(entry) for entry in entries)
    names = [order.name for order in orders]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise ScenarioError(where, f"order names used twice: {', '.join(doubled)}")
    return Scenario(
        key=path.stem,
        title=str(raw.get("title") or path.stem),
        shop=shop,
        company=_company(_part(raw, "company", where), where),
        rules=_rules(_part(raw, "rules", where), where),
        orders=orders,
    )


def _read(path: Path) -> Any:  # noqa: ANN401 -- any YAML
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ScenarioError(path.name, "no such file") from error
    except yaml.YAMLError as error:
        raise ScenarioError(path.name, f"not YAML: {error}") from error


def _mapping(path: Path, where: str) -> dict[str, Any]:
    found = _read(path)
    if not isinstance(found, dict):
        raise ScenarioError(where, "must be a mapping")
    return found


def _list(path: Path) -> list[Any]:
    found = _read(path)
    if not isinstance(found, list):
        raise ScenarioError(path.name, "must be a list of orders")
    return found


def _part(raw: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    found = raw.get(key)
    if not isinstance(found, dict):
        raise ScenarioError(where, f"{key!r} is missing or not a mapping")
    return found


def _shop(raw: dict[str, Any], where: str) -> ShopSetUp:
    settings = {
        "currency": "SEK",
        "taxes_included": True,
        "iana_timezone": "Europe/Stockholm",
        "country_code": "SE",
        "plan": "Basic",
        **raw,
        "presentment_currencies": tuple(raw.get("presentment_currencies") or [raw.get("currency", "SEK")]),
    }
    try:
        return ShopSetUp(**settings)
    except TypeError as error:
        raise ScenarioError(f"{where}, shop", str(error)) from error


def _company(raw: dict[str, Any], where: str) -> CompanySetUp:
    locked = raw.get("locked_through")
    if locked is not None and not isinstance(locked, date):
        raise ScenarioError(f"{where}, company", "locked_through must be a date")
    settings = {
        **raw,
        "locked_through": locked,
        "years": tuple(raw.get("years") or ()),
        "currencies": tuple(raw.get("currencies") or ()),
        "ways_of_delivery": dict(raw.get("ways_of_delivery") or {}),
        "inactive_accounts": tuple(raw.get("inactive_accounts") or ()),
        "vat_rates": tuple(str(rate) for rate in raw.get("vat_rates") or ()),
    }
    try:
        return CompanySetUp(**settings)
    except TypeError as error:
        raise ScenarioError(f"{where}, company", str(error)) from error


def _rules(raw: dict[str, Any], where: str) -> TenantRules:
    try:
        maps = {key: dict(value) for key, value in raw.items() if key != "article_numbers"}
        return TenantRules(**maps, article_numbers=str(raw.get("article_numbers", "map")))
    except (TypeError, ValueError) as error:
        raise ScenarioError(f"{where}, rules", str(error)) from error


class _Words:
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
            expect=self._expect(entry.get("expect"), where),
            later=tuple(self._later(step, where) for step in entry.get("later") or []),
            delivery_faults=tuple(dict(fault) for fault in entry.get("deliveries") or []),
        )

    def _spec(self, entry: dict[str, Any], where: str) -> OrderSpec:
        plain = {key: value for key, value in entry.items() if key not in OWN_KEYS}
        plain["lines"] = [self._line(line, where) for line in entry.get("lines") or []]
        plain["buyer"] = self._named(self.buyers, entry.get("buyer") or {}, "buyer", where)
        if "paid_by" in entry:
            plain["payments"] = [{"gateway": entry["paid_by"]}]
        try:
            return OrderSpec.model_validate(plain)
        except ValidationError as error:
            raise ScenarioError(where, str(error)) from error

    def _line(self, line: Any, where: str) -> dict[str, Any]:  # noqa: ANN401 -- any YAML
        if isinstance(line, str):
            return self._named(self.products, line, "product", where)
        if not isinstance(line, dict):
            raise ScenarioError(where, f"a line is a product's word or a mapping, not {line!r}")
        own = {key: value for key, value in line.items() if key != "product"}
        return {**self._named(self.products, line.get("product") or {}, "product", where), **own}

    def _named(self, words: dict[str, Any], word: Any, kind: str, where: str) -> dict[str, Any]:  # noqa: ANN401
        if isinstance(word, dict):
            return word
        if word not in words:
            raise ScenarioError(where, f"unknown {kind} {word!r}")
        return dict(words[word])

    def _expect(self, raw: Any, where: str) -> Expectation:  # noqa: ANN401 -- any YAML
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
            currency=str(raw.get("currency") or self.currency),
            left=left,
            code=raw.get("code"),
            invoices=int(raw.get("documents", 1)),
            invoices_at_most=int(raw.get("invoices_at_most", 0)),
            credit_notes=int(raw.get("credit_notes", 0)),
        )

    def _later(self, raw: Any, where: str) -> Later:  # noqa: ANN401 -- any YAML
        if not isinstance(raw, dict) or raw.get("do") not in ACTIONS:
            raise ScenarioError(where, f"later.do must be one of {', '.join(sorted(ACTIONS))}")
        at = raw.get("at")
        moment = at if isinstance(at, datetime) else datetime.fromisoformat(str(at))
        if moment.tzinfo is None:
            raise ScenarioError(where, f"later.at needs an offset: {at}")
        return Later(moment, raw["do"], {key: value for key, value in raw.items() if key not in {"do", "at"}})
