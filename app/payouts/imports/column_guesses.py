"""Guesses the meaning of a file's columns by names and content, for a person to check."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from app.model.payout import PayoutLineKind
from app.payouts.files import Column, Table
from app.payouts.imports.column_maps import AMOUNTS, FEES, LEFT_OUT, PAYOUT, TAKEN, MapForm

_DAY = re.compile(r"\d{1,4}[-/. ]\d{1,2}[-/. ]\d{1,4}|\d{8}\b|\d{1,2}\.? \w{3,9}\.? \d{4}")
_NUMBER = re.compile(r"[-+(]?[\d .,'\u00a0\u202f]*\d\)?-?(?:\s*(?:kr|[A-Z]{3}))?", re.IGNORECASE)
_PAYOUT = r"utbetal|payout|settle|transfer|batch|avräkn|disburse"
_ROLES: tuple[tuple[str, str, str], ...] = (
    ("payout_day", rf"(?:{_PAYOUT}).*(?:dat|dag|day)|(?:dat|dag|day).*(?:{_PAYOUT})", "day"),
    ("day", r"dat|dag\b|day|tid|time", "day"),
    ("fee_vat", r"(?:moms|vat|tax).*(?:avgift|fee)|(?:avgift|fee).*(?:moms|vat|tax)", "number"),
    ("fee", r"avgift|\bfees?\b|gebühr|provision|[ck]ommission", "number"),
    ("net", r"^nett?o?\b|net amount|nettobelopp", "number"),
    ("payout_id", rf"(?:{_PAYOUT})(?!.*(?:status|amount|belopp))", "word"),
    ("currency", r"valuta|currency|währung", "word"),
    ("status", r"status|state\b", "word"),
    ("kind", r"^typ\b|type\b|^kind|event|händelse|^slag|transaktionstyp|^sort$", "word"),
    ("line_id", r"(?:trans\w*|row|rad).?(?:id|nr|number|nummer)\b|transaktionsnummer|^id$", "word"),
    ("key_order_name", r"order|beställning|merchant.?ref|^referen|kundref|meddelande", "word"),
    ("refund", r"uttag|withdraw|deb[ei]t|refund|återbetal|^ut$", "number"),
    ("amount", r"belopp|amount|gross|brutto|totalt?\b|insättning|deposit|credit|kredit|^in$|öre", "number"),
)
"""Role, how its column is called, what it contains: the first that fits."""
_PARTED = re.compile(r"insättning|deposit|credit|kredit|^in$|uttag|withdraw|debet|debit|refund|^ut$", re.IGNORECASE)
_KINDS = (
    (PayoutLineKind.CHARGEBACK.value, r"charge.?back|dispute|bestrid|reklam"),
    (PayoutLineKind.REFUND.value, r"retur|refund|återbet|kredit|reversal|erstatt"),
    (PayoutLineKind.FEE.value, r"avgift|fee\b|provision|[ck]ommission|gebühr"),
    (PayoutLineKind.RESERVE_HELD.value, r"reserv|hold"),
    (PAYOUT, _PAYOUT + r"|withdrawal|uttag"),
    (PayoutLineKind.CHARGE.value, r"köp|sale|payment|charge|capture|debit|betal|sälj|purchase|order"),
)
_NOT_MOVED = re.compile(
    r"fail|declin|cancel|reject|refus|pending|expire|void|denied|misslyck|nekad|avbr[uo]|avvis|väntande|makul",
    re.IGNORECASE,
)


def guessed(table: Table) -> MapForm:
    """A form to look over; each role that one column has is guessed once."""
    roles: dict[str, str] = {}
    for column in table.columns:
        free = (role for role in _fitting(column) if role not in roles.values() or _may_repeat(role, column))
        role = next(free, "")
        if role and not column.name.startswith("#"):
            roles[column.name] = role
    meanings = {
        column.name: words for column in table.columns if (words := _meanings(roles.get(column.name, ""), column))
    }
    return MapForm({"default_currency": "SEK"}, roles, meanings)


def _may_repeat(role: str, column: Column) -> bool:
    """Several fees are usual; several amounts only where the columns part deposits from withdrawals."""
    return role in FEES or (role in AMOUNTS and bool(_PARTED.search(column.name)))


def _fitting(column: Column) -> Iterator[str]:
    name = column.name.casefold()
    for role, pattern, what in _ROLES:
        if re.search(pattern, name) and _is(what, column):
            yield _signed(role, column)


def _is(what: str, column: Column) -> bool:
    if what == "day":
        return any(_DAY.match(sample) for sample in column.samples)
    if what == "number":
        return all(_NUMBER.fullmatch(sample) for sample in column.samples)
    return not any(_DAY.match(sample) for sample in column.samples)


def _signed(role: str, column: Column) -> str:
    """The role with how its numbers are signed."""
    has_minus = any("-" in sample or "−" in sample for sample in column.samples)
    if role == "fee" and has_minus:
        return "fee_negative"
    return "refund_turned" if role == "refund" and not has_minus else role


def _meanings(role: str, column: Column) -> Mapping[str, str]:
    if role == "kind":
        kinds = {
            word: next((kind for kind, pattern in _KINDS if re.search(pattern, word.casefold())), "")
            for word in column.words
        }
        return {word: kind for word, kind in kinds.items() if kind}
    if role == "status":
        return {word: LEFT_OUT if _NOT_MOVED.search(word) else TAKEN for word in column.words}
    return {}
