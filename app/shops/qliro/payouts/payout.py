"""A Qliro settlement batch as a `Payout` (qliro-api.md 5.4). Pure.

Qliro does not say which Action a fee it keeps has, nor whether a batch is paid out less its fees. Both are decided by
the batch's own sums, and a batch that no reading explains keeps its difference in `Payout.unexplained`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from app.kit.money import Money, MoneyError, total
from app.model.payout import Payout, PayoutLine, PayoutLineKind
from app.model.providers import PROVIDERS
from app.shops.base import BodyNotUnderstoodError, understanding
from app.shops.qliro.payouts.rows import Json, action, amount, day, is_fee, lines

PROVIDER = "qliro"
LATE_ROWS = PROVIDERS[PROVIDER].late_rows or timedelta(0)
"""A batch is read again until then, and a gap in it waits."""


@understanding("batch")
def payout(batch: Json, accepted: Sequence[Json], *, account: str, today: date) -> Payout:
    """One of GetSettlementBatches with the accepted rows of GetSettlementsByBatchId; pending and rejected wait.

    Final once its rows explain it (decision 0020), at the latest 14 days after its own day.
    Where the batch is paid without its fees being kept, a CARRIED line shows them as a debt to Qliro.
    Raises BodyNotUnderstoodError.
    """
    currency = str(batch.get("CurrencyCode"))
    unmatched_lines = {str(row.get("CurrencyCode")) for row in accepted} - {currency}
    if unmatched_lines:
        raise BodyNotUnderstoodError(f"batch {batch.get('Id')} in {currency} has rows in {sorted(unmatched_lines)}")
    paid_out = amount(batch, "TotalAmount", currency)
    paid_on = day(batch, "BatchDate")
    lines = _explaining(accepted, paid_out, str(batch.get("Id")))
    return Payout(
        provider=PROVIDER,
        account=account,
        id=str(batch.get("Id")),
        paid_on=paid_on,
        currency=currency,
        paid_out=paid_out,
        lines=lines,
        is_final=paid_on + LATE_ROWS <= today or _is_whole(batch, lines, paid_out),
        bank_amount=_converted(batch),
        bank_reference=str(batch.get("BatchId") or ""),
    )


def _is_whole(batch: Json, lines: Sequence[PayoutLine], paid_out: Money) -> bool:
    """Whether no row seems to be missing: the sum is what was paid, and fees that it does not prove are all shown."""
    if not lines or total((line.net for line in lines), paid_out.currency) != paid_out:
        return False
    fees = total((line.fee for line in lines), paid_out.currency)
    with_vat = fees + total((line.fee_vat for line in lines if line.fee_vat), paid_out.currency)
    if with_vat and lines[-1].kind is not PayoutLineKind.CARRIED_FORWARD:
        return True  # the fees are a part of the sum: one that is missing would be missed there
    stated = batch.get("TotalFeeAmount")
    # Nobody says whether the head's fees are with VAT (qliro-api.md C).
    return stated is None or abs(amount(batch, "TotalFeeAmount", paid_out.currency)) in {abs(fees), abs(with_vat)}


def _explaining(rows: Sequence[Json], paid_out: Money, identity: str) -> tuple[PayoutLine, ...]:
    """The reading of the fees that makes the sum: first less fees, then without them; else that fees are kept."""
    readings = [tuple(lines(rows, fee_kept_on=kept)) for kept in _fee_readings(rows)]
    for reading in readings:
        if total((line.net for line in reading), paid_out.currency) == paid_out:
            return reading
    for reading in readings:
        gross = total((line.amount for line in reading), paid_out.currency)
        fees = gross - total((line.net for line in reading), paid_out.currency)
        if gross == paid_out and Money.zero(paid_out.currency) < fees:
            return (*reading, _fee_debt(reading[-1], fees, identity))
    return readings[0]


def _fee_readings(rows: Sequence[Json]) -> list[frozenset[str]]:
    """On which Actions a fee is kept, the likeliest first. Two Actions among the fees mean kept and given back."""
    actions = {action(row) for row in rows if is_fee(row)}
    if len(actions) == 2:
        return [frozenset(("Credit",)), frozenset(("Debit",))]
    return [frozenset(("Debit", "Credit")), frozenset()]


def _fee_debt(last: PayoutLine, fees: Money, identity: str) -> PayoutLine:
    zero = Money.zero(fees.currency)
    return replace(
        last,
        id=f"{identity}|fees owed",
        kind=PayoutLineKind.CARRIED_FORWARD,
        amount=fees,
        fee=zero,
        fee_vat=None,
        keys={},
        text="",
        raw_kind="fees owed",
    )


def _converted(batch: Json) -> Money | None:
    """What the bank got, where Qliro converted; its six decimals are rounded to the currency's own."""
    currency, value = batch.get("FxCurrencyCode"), batch.get("FxTotalAmount")
    if not currency or value is None or currency == batch.get("CurrencyCode"):
        return None
    try:
        return Money.rounded(Decimal(str(value)), str(currency))
    except (MoneyError, InvalidOperation) as error:
        raise BodyNotUnderstoodError(f"FxTotalAmount is no amount: {value!r}") from error
