"""Mollie, settlement report: a settlement per reference, whose fees are rows without an id.

docs.mollie.com/docs/settlement-report (what a settlement holds); columns and the rows "Withheld transaction fees":
fjbender/settlement2csv, which writes the same file from Mollie's API. The report states no sum. An id says what a row
is: `tr_` and `cpt_` a payment or its capture, `re_` a refund, `chb_` a chargeback (docs.mollie.com).
"""

from __future__ import annotations

from app.kit.money import Money
from app.model.payout import MatchKey, PayoutLine, PayoutLineKind
from app.payouts.files.description import Entry, Format, as_booked, hashed
from app.payouts.files.grouping import by_payout_id
from app.payouts.files.records import Record, column_key

PROVIDER = "mollie"
_KINDS = {
    "tr": PayoutLineKind.CHARGE,
    "cpt": PayoutLineKind.CHARGE,
    "re": PayoutLineKind.REFUND,
    "chb": PayoutLineKind.CHARGEBACK,
}
_FEES = "withheld"
"""How the description of a row begins that takes fees."""
_KEYS = {MatchKey.TRANSACTION_ID: ("ID",), MatchKey.ORDER_NAME: ("Description",)}


def _entry(record: Record) -> Entry:
    currency = record.currency("Settlement currency")
    gross = record.money("Settlement amount", currency)
    own_id, text = record.word("ID"), record.word("Description")
    kind = _kind(own_id, text)
    amount, fee = as_booked(kind, gross, Money.zero(currency))
    at = record.moment("Date")
    reference = record.word("Settlement reference")
    own = record.currency("Currency")
    return Entry(
        PayoutLine(
            id=own_id or hashed(reference, at.isoformat(), text, f"{gross.minor} {currency}"),
            kind=kind,
            occurred_on=at.date(),
            amount=amount,
            fee=fee,
            keys=record.keys(_KEYS) if own_id else {},
            order_amount=None if own == currency else record.money("Amount", own),
            text=text,
            raw_kind=record.word("Payment method") or text,
        ),
        at=at,
        file_line=record.line,
        payout_id=reference,
        is_hashed=not own_id,
    )


def _kind(own_id: str, text: str) -> PayoutLineKind:
    if not own_id and text.casefold().startswith(_FEES):
        return PayoutLineKind.FEE
    return _KINDS.get(own_id.partition("_")[0], PayoutLineKind.OTHER)


FORMATS = (
    Format(
        provider=PROVIDER,
        name="Mollie, settlement",
        columns=frozenset(
            map(
                column_key,
                (
                    "Date", "Payment method", "Currency", "Amount", "ID", "Description", "Settlement currency",
                    "Settlement amount", "Settlement reference",
                ),
            )
        ),
        amounts=("Amount", "Settlement amount"),
        days=("Date",),
        reader=lambda _: _entry,
        group=by_payout_id(PROVIDER),
    ),
)  # fmt: skip
