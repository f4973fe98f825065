"""Which column of PayPal's activity download or statement is which, in any language. Pure.

The first ten columns of an activity download and the thirteenth, and the first ten of a statement, stand in the same
places in every language, and what they contain can be checked: a day, a time, a currency, three amounts of which the
third is the sum, an id of its own. The columns after them differ with the account's choices and are known by name; a
reference also by its values, which are ids of the file. Sources: the headers of German, Dutch and French exports in
public importers (see paypal_words).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.payouts.files.formats.paypal_words import MEMO, is_code, is_known, is_withdrawal, state_of
from app.payouts.files.records import column_key, places_of
from app.payouts.files.table import Row

REFERENCE, INVOICE, BALANCE, IMPACT, CODE = (
    "Reference Txn ID", "Invoice Number", "Balance", "Balance Impact", "Transaction Event Code",
)  # fmt: skip
_DAY = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}")
_TIME = re.compile(r"\d{1,2}[:.]\d\d(?:[:.]\d\d)?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_AMOUNT = re.compile(r"[-\u2212]?\d[\d\s\u00a0\u202f.,'\u2019]*")
_ID = re.compile(r"[A-Z0-9]{1,24}")
_SHAPES = {
    "Date": _DAY,
    "Time": _TIME,
    "Currency": _CURRENCY,
    "Gross": _AMOUNT,
    "Fee": _AMOUNT,
    "Net": _AMOUNT,
    "Transaction ID": _ID,
}


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns of a kind of download stand where, whatever they are called."""

    places: Mapping[str, int]

    @property
    def width(self) -> int:
        """How many columns it has at least."""
        return max(self.places.values()) + 1

    def cell(self, row: Row, column: str) -> str:
        """The cell of a column; empty where this layout has none."""
        return row.cells[self.places[column]].strip() if column in self.places else ""


_TEN = ("Date", "Time", "TimeZone", "Name", "Type", "Status", "Currency", "Gross", "Fee", "Net")
ACTIVITY = Layout({**{name: place for place, name in enumerate(_TEN)}, "Transaction ID": 12})
_OF_STATEMENT = ("Date", "Time", "TimeZone", "Type", "Currency", "Gross", "Fee", "Net", "Balance", "Transaction ID")
STATEMENT = Layout({**{name: place for place, name in enumerate(_OF_STATEMENT)}, "Name": 11})
_NAMED = {
    REFERENCE: (
        "Reference Txn ID", "Zugehöriger Transaktionscode", "Txn-Referenzkennung",
        "Numéro de la transaction de référence", "Referenstransaktions-id", "Referencetransaktions-id",
        "Referansetransaksjons-ID",
    ),
    INVOICE: (
        "Invoice Number", "Invoice ID", "Rechnungsnummer", "Factuurnummer", "Numéro de facture", "Fakturanummer",
        "Fakturanr.",
    ),
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


def header_of(row: Row, rows: Sequence[Row], layout: Layout = ACTIVITY) -> Row | None:
    """The English names of a download's columns; None where it is another file, or has words that nothing explains.

    A file that is left alone so is for the person's own map.
    """
    full = [candidate for candidate in rows if len(candidate.cells) == len(row.cells)]
    if len(row.cells) < layout.width or not full or not all(_has_shape(other, layout) for other in full):
        return None
    ids = [layout.cell(other, "Transaction ID") for other in full]
    if len(set(ids)) < len(ids):
        return None
    named = _names(row, full, frozenset(ids), layout)
    code = named.index(CODE) if CODE in named else None
    if not _explains_payouts(full, code, layout):
        return None
    if not _is_known_language(row, layout) and not all(_state_is_known(other, named, layout) for other in full):
        return None
    return Row(row.line, tuple(named))


def fits_english(rows: Sequence[Row]) -> bool:
    """Whether the payouts of an English download are known by their words; else it is for the person's own map."""
    place, header = next(
        (
            (place, candidate)
            for place, candidate in enumerate(rows)
            if frozenset(map(column_key, candidate.cells)) >= _ENGLISH
        ),
        (0, None),
    )
    if header is None:
        return True
    places = places_of(header.cells)
    layout = Layout({name: places[column_key(name)] or 0 for name in ("Name", "Type", "Gross")})
    code = places.get(column_key(CODE))
    width = max(*layout.places.values(), code or 0)
    return _explains_payouts([row for row in rows[place + 1 :] if len(row.cells) > width], code, layout)


_ENGLISH = frozenset(map(column_key, ("Name", "Type", "Gross")))


def _explains_payouts(rows: Sequence[Row], code: int | None, layout: Layout) -> bool:
    """Whether a payout is known, or no row can be one. Rows of other kinds that nothing explains wait for a person."""
    typed_rows = [(layout.cell(row, "Type"), row.cells[code].strip() if code is not None else "", row) for row in rows]
    if any(is_withdrawal(word, event) for word, event, _row in typed_rows):
        return True
    return all(is_known(word, event) for word, event, row in typed_rows if _is_like_a_withdrawal(row, layout))


def _has_shape(row: Row, layout: Layout) -> bool:
    return all(shape.fullmatch(layout.cell(row, column)) for column, shape in _SHAPES.items())


def _names(row: Row, rows: Sequence[Row], ids: frozenset[str], layout: Layout) -> list[str]:
    names = [_CANONICAL.get(column_key(cell), "") for cell in row.cells]
    for column, place in layout.places.items():
        names[place] = column
    free = [place for place in range(layout.width, len(names)) if not names[place]]
    for column, fits in ((CODE, is_code), (REFERENCE, ids.__contains__)):
        if column not in names:
            fitting_place = next((place for place in free if _all_fit(rows, place, fits)), None)
            if fitting_place is not None:
                names[fitting_place] = column
    after = names.index(REFERENCE) + 1 if REFERENCE in names else len(names)
    if INVOICE not in names and after < len(names) and not names[after]:
        names[after] = INVOICE
    return [name or cell for name, cell in zip(names, row.cells, strict=True)]


def _all_fit(rows: Sequence[Row], place: int, fits: Callable[[str], bool]) -> bool:
    texts = [text for row in rows if (text := row.cells[place].strip())]
    return bool(texts) and all(map(fits, texts))


def _is_like_a_withdrawal(row: Row, layout: Layout) -> bool:
    """Money that leaves to nobody that is named."""
    return not layout.cell(row, "Name") and layout.cell(row, "Gross")[:1] in "-\u2212"


def _is_known_language(row: Row, layout: Layout) -> bool:
    status, gross = column_key(layout.cell(row, "Status")), column_key(layout.cell(row, "Gross"))
    return (status in _STATUS_NAMES or "Status" not in layout.places) and gross in _GROSS_NAMES


def _state_is_known(row: Row, names: Sequence[str], layout: Layout) -> bool:
    impact = row.cells[names.index(IMPACT)].strip().casefold() if IMPACT in names else ""
    return "Status" not in layout.places or impact in MEMO or state_of(layout.cell(row, "Status")) is not None
