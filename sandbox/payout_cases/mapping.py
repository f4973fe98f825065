"""What a person says of a file's columns, in the words of a case, as the column map of the import.

What the words say and the map has no place for is an error, never left out: the case then is not right yet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from app.model.payout import MatchKey, PayoutLineKind
from app.payouts.files import AmountColumn, ColumnMap, DayOrder, DecimalSign, FeeColumn

NAME = "the case's own map"
_KINDS = {
    "charge": PayoutLineKind.CHARGE, "refund": PayoutLineKind.REFUND, "fee": PayoutLineKind.FEE,
    "chargeback": PayoutLineKind.CHARGEBACK, "adjustment": PayoutLineKind.ADJUSTMENT,
    "carried": PayoutLineKind.CARRIED_FORWARD, "other": PayoutLineKind.OTHER,
}  # fmt: skip
_COLUMNS = {"payout": "payout_id", "payout_date": "payout_day", "date": "day", "time": "clock", "net": "net"}
_PAYOUT_ROW = re.compile(r"(?P<column>.+?) (?P<word>\S.*?): (?:(?P<id>.+?) is the payout's id, )?.*sum paid out")
_UNSIGNED = re.compile(r"without (?:a |its )?(?:sign|minus)")


class MapNotSayableError(Exception):
    """What the case says of a column, and the import's map cannot."""


class NoMapError(Exception):
    """The import's map cannot be made: it says itself what it lacks."""


def provider_of(columns: Mapping[str, Any]) -> str:
    """The stem of the provider's roles."""
    return re.sub(r"\W+", "_", str(columns.get("provider", "other")).casefold())


def without(columns: Mapping[str, Any], left_out: str) -> dict[str, Any]:
    """What a person says who forgets one column, all else equal."""
    return {
        key: words
        for key, words in columns.items()
        if key in ("provider", "ignored") or _column(str(words)).partition(":")[0] != left_out
    }


def column_map(columns: Mapping[str, Any]) -> ColumnMap:
    """Raises MapNotSayableError, and NoMapError where what is said makes no map."""
    said: dict[str, Any] = {"provider": provider_of(columns), "name": NAME, "keys": {}}
    for key, words in columns.items():
        for field, value in _said(key, words, columns).items():
            said[field] = said[field] + value if field in ("more_amounts", "more_fees") and field in said else value
    try:
        return ColumnMap(**({"day": ""} | said))
    except (TypeError, ValueError) as error:
        raise NoMapError(str(error)) from error


def _said(key: str, said: object, columns: Mapping[str, Any]) -> dict[str, Any]:
    if key == "ignored":
        return {"ignored": frozenset(said)} if isinstance(said, list) else {}
    words = str(said)
    if key == "payout_row":
        return _payout_row(words, columns)
    if key == "payout" and words.startswith("none: the file is one payout"):
        return {"is_one_payout": True}
    if key not in ("provider", "header") and re.search(r"first row|none:", words):
        return _unsayable(key, words)
    if key in _COLUMNS:
        return {_COLUMNS[key]: _column(words)}
    return _WORDS[next((word for word in _WORDS if key.endswith(word)), "")](key, words)


def _unsayable(key: str, words: str) -> dict[str, Any]:
    raise MapNotSayableError(f"{key}: {words}")


def _amount(_key: str, words: str) -> dict[str, Any]:
    kind = re.match(r".+? = (\w+)", words)
    column = AmountColumn(
        column=_column(words), kind=_KINDS.get(kind[1]) if kind else None, is_turned=bool(_UNSIGNED.search(words))
    )
    sign = re.search(r"decimal (comma|point)", words)
    decimals = {"decimals": {"comma": DecimalSign.COMMA, "point": DecimalSign.POINT}[sign[1]]} if sign else {}
    return {"more_amounts": (column,), "is_minor": bool(re.search("öre|minor|cents", words))} | decimals


def _fee(_key: str, words: str) -> dict[str, Any]:
    return {"more_fees": (FeeColumn(column=_column(words), is_negative="with a minus" in words),)}


def _vat(_key: str, words: str) -> dict[str, Any]:
    return {"fee_vat": _column(words), "fee_is_negative": "with a minus" in words}


def _date_form(_key: str, words: str) -> dict[str, Any]:
    first = {"month": DayOrder.MONTH_FIRST, "day": DayOrder.DAY_FIRST}.get(re.split(r"\W", words)[0])
    return {"day_order": first} if first else {}


def _currency(_key: str, words: str) -> dict[str, Any]:
    fixed = re.fullmatch(r"([A-Z]{3}) for all rows", words)
    return {"default_currency": fixed[1]} if fixed else {"currency": _column(words)}


def _status(_key: str, words: str) -> dict[str, Any]:
    column, _, left_out = words.partition(": leave out ")
    return {"status": column, "left_out_words": frozenset(re.split(r", | and | or ", left_out))}


def _footer(key: str, words: str) -> dict[str, Any]:
    found = re.fullmatch(r"rows whose first cell (?:is|begins with) (.+)", words)
    return (
        {"footer_words": frozenset(re.split(r",? or (?:is |begins with )?|, ", found[1]))}
        if found
        else _unsayable(key, words)
    )


def _order(_key: str, words: str) -> dict[str, Any]:
    return {"keys": {MatchKey.ORDER_NAME: _column(words)}}


def _kinds(_key: str, words: str) -> dict[str, Any]:
    if words.startswith("by "):
        return {}
    column, _, listed = words.partition(": ")
    pairs = [one.partition(" = ") for one in listed.split(", ")]
    return {"kind": column, "kinds": {word: _KINDS[kind] for word, _, kind in pairs}}


def _payout_row(words: str, columns: Mapping[str, Any]) -> dict[str, Any]:
    """The word of the payout's own row, which stands in the kind's column, and where its id does."""
    kind = str(columns.get("kind", "")).partition(": ")[0]
    found = _PAYOUT_ROW.fullmatch(words.removesuffix("; the rows before it belong to it"))
    if not found or not words.startswith(f"{kind} "):
        raise MapNotSayableError(f"payout_row: {words}")
    word = words[len(kind) + 1 :].partition(":")[0]
    return {"payout_words": frozenset({word})} | ({"line_id": found["id"]} if found["id"] else {})


def _column(words: str) -> str:
    return re.split(r", | \(| = ", words)[0]


def _nothing(_key: str, _words: str) -> dict[str, Any]:
    """The header is found by the columns' names, and the provider is said apart."""
    return {}


_WORDS: dict[str, Callable[[str, str], dict[str, Any]]] = {
    "provider": _nothing, "header": _nothing, "kind": _kinds, "order": _order, "currency": _currency,
    "date_form": _date_form, "status": _status, "footer": _footer, "amount": _amount, "fee": _fee, "vat": _vat,
    "account": lambda _, words: {"account_column": _column(words)}, "zone": lambda _, words: {"zone": words},
    "": _unsayable,
}  # fmt: skip
"""What a key, or its last word, says; an empty one ends every key, and says what cannot be said."""
