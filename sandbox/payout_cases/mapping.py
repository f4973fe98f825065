"""What a person says of a file's columns, in the words of a case, as the column map of the import.

What the words say and the map has no place for is an error, never left out: the case then is not right yet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from app.domain.settlements import MatchKey, SettlementKind
from app.sources.settlements import ColumnMap, DecimalSign

NAME = "the case's own map"
_KINDS = {
    "charge": SettlementKind.CHARGE, "refund": SettlementKind.REFUND, "fee": SettlementKind.FEE,
    "chargeback": SettlementKind.CHARGEBACK, "adjustment": SettlementKind.ADJUSTMENT,
    "carried": SettlementKind.CARRIED, "other": SettlementKind.OTHER,
}  # fmt: skip
_COLUMNS = {"payout": "payout_id", "payout_date": "payout_day", "date": "day", "amount": "amount"}
_PAYOUT_ROW = re.compile(r"(?P<column>.+?) (?P<word>\S+): its day is the payout's, .* sum paid out")


class MapNotSayableError(Exception):
    """What the case says of a column, and the import's map cannot."""


def provider_of(columns: Mapping[str, Any]) -> str:
    """The stem of the provider's roles."""
    return re.sub(r"\W+", "_", str(columns.get("provider", "other")).casefold())


def column_map(columns: Mapping[str, Any]) -> ColumnMap:
    """Raises MapNotSayableError."""
    said: dict[str, Any] = {"provider": provider_of(columns), "name": NAME, "keys": {}}
    for key, words in columns.items():
        if key not in ("provider", "ignored", "date_form"):
            said |= _said(key, str(words))
    if isinstance(columns.get("ignored"), list):
        said |= _known("ignored", frozenset(columns["ignored"]))
    if "order" in columns:
        said["keys"] = {MatchKey.ORDER_NAME: _column(str(columns["order"]))}
    if "payout_row" in columns:
        said |= _payout_row(str(columns["payout_row"]), said)
    try:
        return ColumnMap(**said)
    except (TypeError, ValueError) as error:
        raise MapNotSayableError(str(error)) from error


def _said(key: str, words: str) -> dict[str, Any]:
    if key in ("order", "payout_row"):
        return {}
    if key == "kind":
        return _kinds(words)
    if key == "currency":
        fixed = re.fullmatch(r"([A-Z]{3}) for all rows", words)
        return {"default_currency": fixed[1]} if fixed else {"currency": _column(words)}
    if key == "fee":
        return {"fee": _column(words), "fee_is_negative": "with a minus" in words}
    if key == "second_amount":
        return _known("more_amounts", _second_amount(words))
    if key == "status":
        column, _, left_out = words.partition(": leave out ")
        return _known("status", column) | _known("left_out_words", frozenset(re.split(r", | and ", left_out)))
    if key in _COLUMNS and not re.search(r"first row|none:", words):
        sign = DecimalSign.COMMA if "decimal comma" in words else None
        return {_COLUMNS[key]: _column(words)} | ({"decimals": sign} if sign else {})
    raise MapNotSayableError(f"{key}: {words}")


def _second_amount(words: str) -> tuple[str, ...]:
    return (_column(words.partition(" = ")[0]),)


def _kinds(words: str) -> dict[str, Any]:
    if words.startswith("by "):
        return {}
    column, _, listed = words.partition(": ")
    pairs = [one.partition(" = ") for one in listed.split(", ")]
    return {"kind": column, "kinds": {word: _KINDS[kind] for word, _, kind in pairs}}


def _payout_row(words: str, said: Mapping[str, Any]) -> dict[str, Any]:
    found = _PAYOUT_ROW.fullmatch(words)
    if not found or found["column"] != said.get("kind"):
        raise MapNotSayableError(f"payout_row: {words}")
    return {"payout_words": frozenset({found["word"]})}


def _column(words: str) -> str:
    return re.split(r", | \(| = ", words)[0]


def _known(field: str, value: object) -> dict[str, Any]:
    if field not in {one.name for one in fields(ColumnMap)}:
        raise MapNotSayableError(f"a map has no place for {field}: {value}")
    return {field: value}
