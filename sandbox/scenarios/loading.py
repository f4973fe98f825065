"""Reading scenario files into frozen dataclasses, with errors that say where and what.

`NAME.yaml` in this folder is a scenario. It may keep its orders in other files (`orders_in`), and lines, buyers
and payments may be written short: `product: hoodie`, `buyer: anna`, `paid_by: Qliro`. `qliro` names the file of a
second company, whose orders are told by Qliro.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import yaml

from sandbox.scenarios.qliro_words import QliroWords
from sandbox.scenarios.scenario import CompanySetUp, Payouts, QliroShop, Scenario, ShopSetUp, TenantRules
from sandbox.scenarios.words import ScenarioError, Words, part

FOLDER = Path(__file__).parent


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
    shop = _shop(part(raw, "shop", where), where)
    entries: list[Any] = list(raw.get("orders") or [])
    for other in raw.get("orders_in") or []:
        entries += _list(path.parent / other)
    words = Words(where, raw.get("products") or {}, raw.get("buyers") or {}, shop.currency)
    orders = tuple(words.order(entry) for entry in entries)
    _refuse_doubled([order.name for order in orders], where)
    return Scenario(
        key=path.stem,
        title=str(raw.get("title") or path.stem),
        shop=shop,
        company=_company(part(raw, "company", where), where),
        rules=_rules(part(raw, "rules", where), where),
        orders=orders,
        payouts=_payouts(raw.get("payouts"), where),
        qliro=_qliro(path.parent / raw["qliro"]) if "qliro" in raw else None,
    )


def _qliro(path: Path) -> QliroShop:
    where = path.name
    raw = _mapping(path, where)
    if not raw.get("key"):
        raise ScenarioError(where, "'key' of the merchant account is missing")
    words = QliroWords(where, raw.get("products") or {}, raw.get("buyers") or {})
    orders = tuple(words.order(entry) for entry in raw.get("orders") or [])
    _refuse_doubled([order.name for order in orders], where)
    company = _company(part(raw, "company", where), where)
    return QliroShop(str(raw["key"]), company, orders, _payouts(raw.get("payouts"), where))


def _refuse_doubled(names: list[str], where: str) -> None:
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise ScenarioError(where, f"order names used twice: {', '.join(doubled)}")


def _payouts(raw: Any, where: str) -> Payouts:  # noqa: ANN401 -- any YAML
    if raw is None:
        return Payouts()
    days = raw.get("days") if isinstance(raw, dict) else None
    if not isinstance(days, list) or not all(type(day) is date for day in days):
        raise ScenarioError(f"{where}, payouts", "days must be a list of dates")
    findings = {str(code): int(count) for code, count in (raw.get("findings") or {}).items()}
    return Payouts(tuple(days), findings)


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
