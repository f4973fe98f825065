"""What moves a Shopify Payments balance (shopify-api.md 4.1, 4.3). The caller holds the world's lock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from sandbox.shopify.acting import ActionRefusedError
from sandbox.shopify.model import Json, Shop, StoredOrder, World
from sandbox.shopify.money import minor, read_bag
from sandbox.shopify.payments.account import Dispute, Movement, PaymentsAccount, Payout

GATEWAY = "shopify_payments"
_KINDS = {"sale": "CHARGE", "capture": "CHARGE", "refund": "REFUND"}
_ISSUED_AT = time(7, tzinfo=UTC)


def account_of(shop: Shop) -> PaymentsAccount:
    """The shop's account. Raises ActionRefusedError where it has none."""
    if shop.payments is None:
        raise ActionRefusedError(f"{shop.domain} has no Shopify Payments")
    return shop.payments


def record(world: World, shop: Shop, order: StoredOrder) -> None:
    """Put the order's successful sales, captures and refunds on the balance, each once."""
    if shop.payments is None:
        return
    known = {movement.transaction_id for movement in shop.payments.movements}
    for row in order.transactions:
        moves = row["status"] == "success" and row["gateway"] == GATEWAY and row["kind"] in _KINDS
        if moves and row["id"] not in known:
            shop.payments.movements.append(_of_transaction(world, shop.payments, order, row))


def _of_transaction(world: World, account: PaymentsAccount, order: StoredOrder, row: Json) -> Movement:
    amount = read_bag(row, "_amount", order.nothing)
    has_own_bank = amount.presentment_currency in account.spec.currencies
    currency = amount.presentment_currency if has_own_bank else amount.shop_currency
    units = amount.presentment if has_own_bank else amount.shop
    is_sale = _KINDS[row["kind"]] == "CHARGE"
    fee = account.spec.fee(units, currency) if is_sale else 0
    row["_settlement_currency"] = currency
    if fee:
        row["_fee"] = {"amount": fee, "tax": account.spec.tax_in(fee), "currency": currency}
    return Movement(
        id=world.new_id(),
        kind=_KINDS[row["kind"]],
        currency=currency,
        amount=units if is_sale else -units,
        fee=fee,
        at=datetime.fromisoformat(str(row["processed_at"])),
        source_type="CHARGE" if is_sale else "REFUND",
        test=bool(row.get("test")),
        order_id=order.id,
        order_name=order.name,
        transaction_id=int(row["id"]),
    )


def adjust(world: World, shop: Shop, kind: str, amount: str, currency: str, reason: str | None) -> Movement:
    """Any other movement, by Shopify's name of its type: RESERVED_FUNDS, ADJUSTMENT, REFUND_FAILURE and so on."""
    units = minor(amount, currency)
    made = Movement(world.new_id(), kind, currency, units, 0, world.now(), "ADJUSTMENT", reason=reason)
    account_of(shop).movements.append(made)
    return made


def open_dispute(world: World, shop: Shop, order: StoredOrder, amount: str | None) -> Dispute:
    """The buyer's bank takes the order's last sale back, or a part of it, and Shopify charges its fee."""
    account = account_of(shop)
    sales = [movement for movement in account.movements if movement.order_id == order.id and movement.kind == "CHARGE"]
    if not sales:
        raise ActionRefusedError(f"{order.name} was not paid by Shopify Payments")
    currency = sales[-1].currency
    units = sales[-1].amount if amount is None else minor(amount, currency)
    if not 0 < units <= sales[-1].amount:
        raise ActionRefusedError(f"{order.name} was paid with less than {amount}")
    fee = minor(account.spec.dispute_fee, currency)
    made = Dispute(world.new_id(), order.id, order.name, currency, units, fee, world.now())
    account.disputes[made.id] = made
    _of_dispute(world, account, made, "DISPUTE_WITHDRAWAL", -units)
    _of_dispute(world, account, made, "CHARGEBACK_FEE", -fee)
    return made


def decide_dispute(world: World, shop: Shop, dispute_id: int, *, is_won: bool) -> Dispute:
    """Won: money and fee come back. Lost: nothing moves any more (4.3, 6)."""
    account = account_of(shop)
    dispute = account.disputes.get(dispute_id)
    if dispute is None or dispute.status in {"WON", "LOST"}:
        raise ActionRefusedError(f"{dispute_id} is no open dispute")
    dispute.status, dispute.finalized_at = "WON" if is_won else "LOST", world.now()
    if is_won:
        _of_dispute(world, account, dispute, "DISPUTE_REVERSAL", dispute.amount)
        _of_dispute(world, account, dispute, "CHARGEBACK_FEE_REFUND", dispute.fee)
    return dispute


def _of_dispute(world: World, account: PaymentsAccount, dispute: Dispute, kind: str, units: int) -> None:
    if units:
        order = {"order_id": dispute.order_id, "order_name": dispute.order_name}
        row = Movement(world.new_id(), kind, dispute.currency, units, 0, world.now(), "DISPUTE", **order)  # type: ignore[arg-type]
        account.movements.append(row)


def close(world: World, shop: Shop, day: date, status: str, before: datetime | None = None) -> list[Payout]:
    """Pay out everything open: one payout per currency, nothing where the balance is zero."""
    account = account_of(shop)
    open_by_currency = {
        currency: [movement for movement in account.open_movements(currency) if before is None or movement.at < before]
        for currency in account.used_currencies()
    }
    made = [_pay_out(world, account, *taken, day, status) for taken in open_by_currency.items()]
    return [payout for payout in made if payout is not None]


def _pay_out(
    world: World, account: PaymentsAccount, currency: str, taken: list[Movement], day: date, status: str
) -> Payout | None:
    net = sum(movement.net for movement in taken)
    if net == 0 or (net < 0 and account.spec.negative == "carry"):
        return None
    payout = Payout(world.new_id(), currency, net, day, datetime.combine(day, _ISSUED_AT), status)
    account.payouts[payout.id] = payout
    for one in taken:
        one.payout_id = payout.id
    _transfer(world, account, payout, "TRANSFER", -net, payout.id)
    return payout


def end_payout(world: World, shop: Shop, payout_id: int, status: str) -> Payout:
    """Let the bank take a payout (PAID), or return it (FAILED, CANCELED): then its money is open again (4.3, 8)."""
    account = account_of(shop)
    payout = account.payouts.get(payout_id)
    if payout is None or payout.status in {"FAILED", "CANCELED"}:
        raise ActionRefusedError(f"{payout_id} is no payout under way")
    payout.status = status
    if status in {"FAILED", "CANCELED"}:
        kind = "TRANSFER_FAILURE" if status == "FAILED" else "TRANSFER_CANCEL"
        _transfer(world, account, payout, kind, payout.net, None)
    return payout


def _transfer(
    world: World, account: PaymentsAccount, payout: Payout, kind: str, units: int, payout_id: int | None
) -> None:
    row = Movement(world.new_id(), kind, payout.currency, units, 0, payout.issued_at, "TRANSFER", payout_id=payout_id)
    account.movements.append(row)
