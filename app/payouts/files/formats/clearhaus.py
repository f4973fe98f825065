"""Clearhaus, list of settlements: one row per settlement with the sums of its parts; no transactions.

Columns and signs: bornhack/bornhack-website, `import_clearhaus_csv`. Each part is a line without an order: sales and
refunds are for a person to match, fees and the payout are booked. A row proves its payout: its parts make its net, and
the net less the reserve is what is paid out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.kit.money import Money, total
from app.model.payout import Payout, PayoutLine, PayoutLineKind
from app.payouts.files.description import Entry, Format, Grouped, Sheet, as_booked
from app.payouts.files.records import Record, column_key

PROVIDER = "clearhaus"
_PARTS = {
    "summary_sales": PayoutLineKind.CHARGE,
    "summary_credits": PayoutLineKind.OTHER,
    "summary_refunds": PayoutLineKind.REFUND,
    "summary_chargebacks": PayoutLineKind.CHARGEBACK,
    "summary_fees": PayoutLineKind.FEE,
    "summary_other_postings": PayoutLineKind.OTHER,
}
_NET, _RESERVE, _PAID = "summary_net", "reserve_amount", "payout_amount"


def _group(sheet: Sheet, _entries: Sequence[Entry]) -> Grouped:
    settled = [record for record in sheet.records if record.word("payout_date")]
    return Grouped(tuple(map(_payout, settled)), len(sheet.records) - len(settled))


def _payout(record: Record) -> Payout:
    currency = record.currency("currency")
    net = record.money(_NET, currency)
    computed = total((record.money(name, currency) for name in _PARTS), currency)
    if computed != net:
        raise record.contradiction(_NET, net, computed)
    return Payout(
        provider=PROVIDER,
        account=record.word("merchant_id"),
        id=record.needed("id"),
        paid_on=record.moment("payout_date").date(),
        currency=currency,
        paid_out=record.money(_PAID, currency),
        lines=tuple(_lines(record, currency)),
    )


def _lines(record: Record, currency: str) -> Iterator[PayoutLine]:
    reserve = -abs(record.money(_RESERVE, currency))
    amounts = {name: (kind, record.money(name, currency)) for name, kind in _PARTS.items()}
    amounts[_RESERVE] = (PayoutLineKind.RESERVE_HELD, reserve)
    for name, (kind, written) in amounts.items():
        if not written:
            continue
        amount, fee = as_booked(kind, written, Money.zero(currency))
        yield PayoutLine(
            id=f"{record.word('id')} {name}",
            kind=kind,
            occurred_on=record.moment("period_end_date").date(),
            amount=amount,
            fee=fee,
            text=record.word("payout_descriptor"),
            raw_kind=name,
        )


FORMATS = (
    Format(
        provider=PROVIDER,
        name="Clearhaus, settlements",
        columns=frozenset(
            map(column_key, ("merchant_id", "id", "currency", "period_end_date", _PAID, "payout_date", *_PARTS, _NET))
        ),
        amounts=(*_PARTS, _NET, _PAID, _RESERVE),
        days=("payout_date", "period_end_date"),
        reader=lambda _: lambda _record: None,
        group=_group,
    ),
)
