"""Closes days into settlement batches, under every setting of what is unknown (qliro-api.md 5, appendix A)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from sandbox.qliro.world import Batch, Json, Merchant, Order, Transaction, World

ACQUIRER = "Qliro"
FEE_RATE = Decimal("0.0249")
FX = {
    "SEK": ("EUR", Decimal("0.088125")),
    "EUR": ("SEK", Decimal("11.100000")),
    "NOK": ("SEK", Decimal("0.960000")),
    "DKK": ("SEK", Decimal("1.490000")),
}
"""Currency of a batch → what the bank gets it in, and for how much of one, where the merchant has it converted."""


@dataclass
class _Closing:
    """One currency of one day, on its way to a batch."""

    merchant: Merchant
    batch_id: str
    currency: str
    day: date
    rows: list[Json] = field(default_factory=list)
    pending: list[Json] = field(default_factory=list)
    gross: int = 0
    fees: int = 0


def close(world: World, merchant: Merchant, day: date) -> list[Batch]:
    """One batch per currency of everything not settled yet."""
    currencies = dict.fromkeys(order.currency for order in merchant.orders.values())
    return [batch for currency in currencies if (batch := _close_currency(world, merchant, currency, day)) is not None]


def _close_currency(world: World, merchant: Merchant, currency: str, day: date) -> Batch | None:
    number = world.new_id()
    closing = _Closing(merchant, f"{ACQUIRER[:1]}{day:%Y%m%d}{currency}{number}", currency, day)
    for order in merchant.orders.values():
        for one in order.transactions if order.currency == currency else ():
            if one.moves_money and not one.is_settled:
                _settle(closing, order, one)
    for one in merchant.chargebacks:
        order = merchant.orders[one.order_id]
        if order.currency == currency and not one.is_settled:
            one.is_settled = True
            closing.rows.append(_row(closing, order, one, "Chargeback", "Credit", one.amount))
            closing.gross -= one.amount
    if not closing.rows and not closing.pending:
        return None
    _fee_of_batch(closing)
    batch = Batch(number, _head(closing, number), day, closing.rows, closing.pending)
    merchant.batches.append(batch)
    return batch


def _settle(closing: _Closing, order: Order, transaction: Transaction) -> None:
    switches = closing.merchant.switches
    action = "Credit" if transaction.gives_back else "Debit"
    row = _row(closing, order, transaction, "Transaction", action, transaction.amount)
    if switches.pending_first and not transaction.was_pending:
        # The provider's row is not tied to a transaction before the next closing (5.3).
        transaction.was_pending = True
        closing.pending.append(row)
        return
    transaction.is_settled = True
    closing.rows.append(row)
    closing.gross += transaction.amount if action == "Debit" else -transaction.amount
    if action == "Debit":
        fee = int((Decimal(transaction.amount) * FEE_RATE).quantize(Decimal(1), ROUND_HALF_UP))
        closing.fees += fee
        if switches.fee_has_order and fee:
            closing.rows.append(_row(closing, order, transaction, "Fee", switches.fee_action, fee))


def _fee_of_batch(closing: _Closing) -> None:
    """Fees on one row of their own that names no order."""
    if closing.fees and not closing.merchant.switches.fee_has_order:
        closing.rows.append(_row(closing, None, None, "Fee", closing.merchant.switches.fee_action, closing.fees))


def _head(closing: _Closing, number: int) -> Json:
    merchant, currency = closing.merchant, closing.currency
    total = closing.gross - closing.fees if merchant.switches.net_settled else closing.gross
    total -= merchant.debt.pop(currency, 0)
    if total < 0 and merchant.switches.negative == "carry":
        merchant.debt[currency] = -total
        total = 0
    fx_currency, fx_rate = FX.get(currency, (None, None)) if merchant.switches.fx else (None, None)
    return {
        "Id": number,
        "BatchId": closing.batch_id,
        "AcquirerName": ACQUIRER,
        "BatchDate": shown(closing.merchant, closing.day),
        "CurrencyCode": currency,
        "TotalAmount": major(total),
        "TotalFeeAmount": major(closing.fees),
        "FxTotalAmount": (major(total) * fx_rate).quantize(Decimal("0.000001")) if fx_rate else None,
        "FxCurrencyCode": fx_currency,
        "FxRate": fx_rate,
    }


def _row(closing: _Closing, order: Order | None, one: Transaction | None, kind: str, action: str, amount: int) -> Json:
    rate = closing.merchant.switches.fee_vat_rate if kind == "Fee" else None
    without_vat = None if rate is None else (major(amount) / (1 + rate / 100)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    moment = one.at.date() if one else closing.day
    return {
        "OrderId": order.id if order else None,
        "PaymentTransactionId": one.id if one else None,
        "MerchantOrderReference": order.references[closing.merchant.switches.reference] if order else None,
        "BatchId": closing.batch_id,
        "Action": action,
        "Type": kind,
        "CurrencyCode": closing.currency,
        "Amount": major(amount),
        "CountryCode": order.country if order else "SE",
        "AcquirerName": ACQUIRER,
        "PaymentMethodType": "Invoice",
        "PaymentMethodSubType": "QLIROPAYLATER_INVOICE30",
        "PspSettlementDate": shown(closing.merchant, closing.day),
        "ImportSettlementDate": shown(closing.merchant, closing.day),
        "TransactionCompletedDate": shown(closing.merchant, moment),
        "VatRate": rate,
        "AmountExcludingVat": without_vat,
        "FxRate": None,
        "FxCurrencyCode": None,
        "FxTotal": None,
    }


def major(ore: int) -> Decimal:
    """Öre as Qliro writes amounts."""
    return Decimal(ore).scaleb(-2)


def shown(merchant: Merchant, day: date) -> str:
    """A day as Qliro writes it."""
    return f"{day:%Y/%m/%d}" if merchant.switches.dates == "slashed" else f"{day.isoformat()}T00:00:00"
