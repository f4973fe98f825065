"""Which column of PayPal's activity download is which, in any language. Pure.

The first ten columns and the thirteenth stand in the same places in every language, and what stands in them can be
checked: a day, a time, a currency, three amounts of which the third is the sum, an id of its own. The columns after
them differ with the account's choices and are known by name; a reference also by its values, which are ids of the file.
Sources: the headers of German, Dutch and French exports in public importers (see paypal_words).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.sources.settlements.formats.paypal_words import MEMO, is_code, is_known, state_of
from app.sources.settlements.records import column_key
from app.sources.settlements.table import Row

FIRST = ("Date", "Time", "TimeZone", "Name", "Type", "Status", "Currency", "Gross", "Fee", "Net")
REFERENCE, INVOICE, BALANCE, IMPACT, CODE = (
    "Reference Txn ID", "Invoice Number", "Balance", "Balance Impact", "Transaction Event Code",
)  # fmt: skip
_OWN_ID = 12
_DAY, _TIME, _CURRENCY = 0, 1, 6
_NAME, _TYPE, _STATUS, _GROSS = 3, 4, 5, 7
_SHAPES = {
    _DAY: re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}"),
    _TIME: re.compile(r"\d{1,2}[:.]\d\d(?:[:.]\d\d)?"),
    _CURRENCY: re.compile(r"[A-Z]{3}"),
    **dict.fromkeys((7, 8, 9), re.compile(r"[-\u2212]?\d[\d\s\u00a0\u202f.,'\u2019]*")),
    _OWN_ID: re.compile(r"[A-Z0-9]{1,24}"),
}
_NAMED = {
    REFERENCE: (
        "Reference Txn ID", "Zugehöriger Transaktionscode", "Txn-Referenzkennung",
        "Numéro de la transaction de référence", "Referenstransaktions-id", "Referencetransaktions-id",
        "Referansetransaksjons-ID",
    ),
    INVOICE: ("Invoice Number", "Rechnungsnummer", "Factuurnummer", "Numéro de facture", "Fakturanummer", "Fakturanr."),
    BALANCE: ("Balance", "Guthaben", "Saldo", "Solde"),
    IMPACT: (
        "Balance Impact", "Auswirkung auf Guthaben", "Effect op saldo", "Impact sur le solde", "Saldopåverkan",
        "Påverkan på saldo", "Saldopåvirkning",
    ),
    CODE: ("Transaction Event Code", "Transaktionsereigniscode"),
    "Subject": ("Subject", "Betreff", "Onderwerp", "Objet", "Ämne", "Emne"),
}  # fmt: skip
_CANONICAL = {column_key(name): column for column, names in _NAMED.items() for name in names}
_STATUS_NAMES = frozenset(map(column_key, ("Status", "État")))
_GROSS_NAMES = frozenset(map(column_key, ("Brutto", "Bruto", "Avant commission", "Gross")))


def header_of(row: Row, rows: Sequence[Row]) -> Row | None:
    """The English names of a download's columns; None where it is another file, or has words that nothing explains.

    A file that is left alone so is for the person's own map.
    """
    full = [one for one in rows if len(one.cells) == len(row.cells)]
    if len(row.cells) <= _OWN_ID or not full or not all(map(_has_shape, full)):
        return None
    ids = [one.cells[_OWN_ID].strip() for one in full]
    if len(set(ids)) < len(ids):
        return None
    named = _names(row, full, frozenset(ids))
    code = named.index(CODE) if CODE in named else None
    if not all(_explained(one, code) for one in full if _is_like_a_withdrawal(one)):
        return None
    if not _is_known_language(row) and not all(_state_is_known(one, named) for one in full):
        return None
    return Row(row.line, tuple(named))


def _has_shape(row: Row) -> bool:
    return all(shape.fullmatch(row.cells[place].strip()) for place, shape in _SHAPES.items())


def _names(row: Row, rows: Sequence[Row], ids: frozenset[str]) -> list[str]:
    names = [_CANONICAL.get(column_key(cell), "") for cell in row.cells]
    names[: len(FIRST)] = FIRST
    names[_OWN_ID] = "Transaction ID"
    free = [place for place in range(_OWN_ID + 1, len(names)) if not names[place]]
    for column, fits in ((CODE, is_code), (REFERENCE, ids.__contains__)):
        if column not in names:
            place = next((one for one in free if _all_fit(rows, one, fits)), None)
            if place is not None:
                names[place] = column
    after = names.index(REFERENCE) + 1 if REFERENCE in names else len(names)
    if INVOICE not in names and after < len(names) and not names[after]:
        names[after] = INVOICE
    return [name or cell for name, cell in zip(names, row.cells, strict=True)]


def _all_fit(rows: Sequence[Row], place: int, fits: object) -> bool:
    found = [text for one in rows if (text := one.cells[place].strip())]
    return bool(found) and callable(fits) and all(fits(text) for text in found)


def _is_like_a_withdrawal(row: Row) -> bool:
    """Money that leaves to nobody that is named."""
    return not row.cells[_NAME].strip() and row.cells[_GROSS].strip()[:1] in "-\u2212"


def _explained(row: Row, code: int | None) -> bool:
    return is_known(row.cells[_TYPE].strip(), row.cells[code].strip() if code is not None else "")


def _is_known_language(row: Row) -> bool:
    return column_key(row.cells[_STATUS]) in _STATUS_NAMES and column_key(row.cells[_GROSS]) in _GROSS_NAMES


def _state_is_known(row: Row, names: Sequence[str]) -> bool:
    impact = row.cells[names.index(IMPACT)].strip().casefold() if IMPACT in names else ""
    return impact in MEMO or state_of(row.cells[_STATUS].strip()) is not None
