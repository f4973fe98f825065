"""Order + rules → what should stand in the books: the one function that preview, pre-flight and execution share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from app.domain.articles import number_on_row
from app.domain.buyers import BuyerName, buyer_name, customer_card
from app.domain.commerce import Order, Transaction, books_day
from app.domain.findings import Finding
from app.domain.money import Money, to_whole_units, total
from app.domain.plan import (
    BookInvoice,
    BookPayment,
    ConfirmSettled,
    CreateInvoice,
    Decision,
    EnsureArticle,
    PayInvoice,
    Plan,
    Skipped,
    Step,
    Waiting,
    stopped,
)
from app.domain.rows import Rows, build_rows
from app.domain.rules import ArticlePolicy, TenantRules, Trigger
from app.domain.vat import Treatment, treat
from app.domain.vouchers import expected_vouchers

_CASH_ROUNDING_LIMIT = 50
"""Öre that a cash payment may lie above the total (acc-23)."""


def decide(order: Order, rules: TenantRules) -> Decision:
    """What to do about an order in its newest state. Pure: the same order and rules always decide the same."""
    skipped = _skip_reason(order, rules)
    if skipped:
        return Skipped(skipped)
    mismatches = list(_currency_findings(order))
    if mismatches:
        return stopped(mismatches)
    waiting = _wait_reason(order, rules)
    if waiting:
        return Waiting(waiting)
    treatment = treat(order, rules, invoice_day(order, rules))
    if isinstance(treatment, Finding):
        return stopped([treatment])
    rows = build_rows(order, treatment, rules)
    name = buyer_name(order)
    payments = _payments(order, rules)
    findings = [] if isinstance(rows, Rows) else rows
    findings += [] if name else [Finding("FORTNOX_CUSTOMER_NAME_EMPTY", "", {"order": order.name})]
    findings += [one for one in payments if isinstance(one, Finding)]
    findings += [] if rules.account("receivable") else [Finding("ROLE_UNMAPPED", "receivable", {"role": "receivable"})]
    if findings or not isinstance(rows, Rows) or name is None:
        return stopped(findings)
    return _plan(order, rules, treatment, rows, name, [one for one in payments if isinstance(one, PayInvoice)])


def _skip_reason(order: Order, rules: TenantRules) -> str:
    if order.test:
        return "test_order"
    if rules.cut_over and books_day(order.processed_at) < rules.cut_over:
        return "before_cut_over"
    if order.cancelled_at and not order.money_in:
        return "cancelled_before_capture"
    if not order.total and not any(one.amount for one in order.money_in):
        return "zero_total"
    return ""


def _wait_reason(order: Order, rules: TenantRules) -> str:
    if rules.trigger is Trigger.CREATED or not order.transactions_known:
        return ""
    return "" if _covers(order, order.money_in) else "not_paid"


def _currency_findings(order: Order) -> Iterator[Finding]:
    for one in order.money_in:
        if one.amount.currency != order.currency:
            data = {"payment_currency": one.amount.currency, "currency": order.currency}
            yield Finding("FORTNOX_CURRENCY_MISMATCH", one.id, data)


def _covers(order: Order, transactions: Iterable[Transaction]) -> bool:
    """Whether these pay the whole order: cash rounded down by the shop pays it too (shopify-api.md 3.5)."""
    return total((one.amount for one in transactions), order.currency) >= order.total


def _moved(transaction: Transaction) -> Money:
    """What really moved: the amount and its cash rounding."""
    return transaction.amount + transaction.rounding if transaction.rounding else transaction.amount


def _is_proven(transaction: Transaction, rules: TenantRules) -> bool:
    """Marked as paid by hand is no money, unless the merchant vouches for that method."""
    return not transaction.manual or transaction.gateway.lower() in rules.manual_gateways_settled


def invoice_day(order: Order, rules: TenantRules) -> date:
    """Capture day for money that came before the goods: it brings the VAT forward (accounting.md 2.4)."""
    proven = [one for one in order.money_in if _is_proven(one, rules)]
    if rules.trigger is Trigger.CREATED or not proven:
        return books_day(order.processed_at)
    return books_day(max(one.processed_at for one in proven))


def _payments(order: Order, rules: TenantRules) -> list[PayInvoice | Finding]:
    proven = [one for one in order.money_in if _is_proven(one, rules) and _moved(one)]
    received = total((_moved(one) for one in proven), order.currency)
    if (received - order.total).minor > _CASH_ROUNDING_LIMIT:
        return [
            Finding("PAYMENT_EXCEEDS_TOTAL", "", {"received_amount": str(received), "shop_amount": str(order.total)})
        ]
    day = invoice_day(order, rules)
    settled = _covers(order, proven)
    return [_payment(one, rules, not_before=day, settles=settled and one is proven[-1]) for one in proven]


def _payment(transaction: Transaction, rules: TenantRules, *, not_before: date, settles: bool) -> PayInvoice | Finding:
    currency = transaction.amount.currency
    stem = rules.gateways.get(transaction.gateway.lower())
    if stem is None:
        data = {"gateway": transaction.gateway, "currency": currency}
        return Finding("PAYMENT_GATEWAY_UNMAPPED", transaction.gateway, data)
    role = _clearing_role(stem, currency, rules)
    account, rounding = rules.account(role), rules.account("rounding")
    if account is None or rounding is None:
        missing = role if account is None else "rounding"
        return Finding("ROLE_UNMAPPED", missing, {"role": missing})
    return PayInvoice(
        transaction_id=transaction.id,
        amount=_moved(transaction),
        account=account,
        role=role,
        rounding_account=rounding,
        # Fortnox refuses a payment dated before its invoice (fortnox-api.md 4, 7).
        day=max(books_day(transaction.processed_at), not_before),
        reference=transaction.payment_id or transaction.id,
        settles=settles,
    )


def _clearing_role(stem: str, currency: str, rules: TenantRules) -> str:
    """A provider's clearing account in this currency; without one it settles in kronor (acc-09, acc-28)."""
    if stem == "gift_card":
        return stem
    own = f"{stem}.{currency.lower()}"
    return own if rules.account(own) is not None else f"{stem}.sek"


def _plan(
    order: Order, rules: TenantRules, treatment: Treatment, rows: Rows, name: BuyerName, payments: list[PayInvoice]
) -> Plan:
    customer = customer_card(order, name, treatment, rules)
    settled = bool(payments) and payments[-1].settles
    shipping_code = "".join(rules.ways_of_delivery.get(one.title.casefold(), "") for one in order.shipping[:1])
    invoice = CreateInvoice(
        customer_number=customer.number,
        customer_name=name.text,
        currency=order.currency,
        day=invoice_day(order, rules),
        rows=rows.rows,
        total=order.total,
        vat=rows.vat,
        reference1=f"{rules.reference_prefix}{order.name}",
        reference2=next((one.payment_id for one in order.money_in if one.payment_id), ""),
        bill_to=order.bill_to,
        ship_to=order.ship_to,
        way_of_delivery=shipping_code,
        terms_of_payment=rules.prepaid_terms_of_payment if settled else rules.terms_of_payment,
        cost_center=rules.cost_center,
        your_order_number=order.po_number,
        vat_included=treatment.vat_included,
        text=treatment.text,
    )
    steps: list[Step] = [customer, *_articles(order, rows, rules), invoice, BookInvoice()]
    for payment in payments:
        steps += [payment, BookPayment(payment.transaction_id)]
    if settled and to_whole_units(order.total) != order.total:
        steps.append(ConfirmSettled())
    receivable = rules.accounts["receivable"]
    return Plan(
        order_name=order.name,
        rules_version=rules.version,
        steps=tuple(steps),
        vouchers=expected_vouchers(invoice, payments, receivable),
        notices=tuple(_notices(order, rules)),
    )


def _articles(order: Order, rows: Rows, rules: TenantRules) -> list[EnsureArticle]:
    """Named as the shop names the product: a row's text may speak of this order's discount."""
    if rules.article_policy is not ArticlePolicy.CREATE:
        return []
    titles = {number_on_row(line, rules): line.title for line in reversed(order.lines)}
    wanted: dict[str, EnsureArticle] = {}
    for row in rows.rows:
        if row.article_number:
            wanted.setdefault(
                row.article_number, EnsureArticle(row.article_number, titles[row.article_number], row.account)
            )
    return list(wanted.values())


def _notices(order: Order, rules: TenantRules) -> list[Finding]:
    notices = []
    if any(not _is_proven(one, rules) for one in order.money_in):
        unproven = [one for one in order.money_in if not _is_proven(one, rules)]
        amount = total((one.amount for one in unproven), order.currency)
        data = {"gateway": unproven[0].gateway, "amount": str(amount)}
        notices.append(Finding("SHOPIFY_MANUAL_ORDER_MARKED_PAID", "", data))
    notices += [
        Finding("SHOPIFY_REFUND_AWAITS", one.id, {"refund": one.id, "shop_amount": str(one.amount)})
        for one in order.refunds
    ]
    return notices
