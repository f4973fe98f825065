"""Advances: the VAT belongs to the month of the payment, the net waits on the account for advances.

ML 7 kap. 4, 7 and 14 §§, accounting.md 2.4: a payment in advance brings the VAT event forward. Three entries:

- received: clearing account / advances (net) and output VAT, on the day of the payment;
- used: the invoice, whole, is paid out of advances, and a voucher of the same day takes the VAT back, which the invoice
  now carries itself;
- returned: the entry of the receipt the other way, on the day of the refund.

Sales without Swedish or OSS VAT (EU businesses, exports) bring none forward: the whole amount waits. Decision 0029.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.adjustments.creditable_lines import PostedDocuments
from app.invoicing.invoice import Invoicing
from app.kit.money import Money, split, total, vat_out_of_gross
from app.model.finding import Finding
from app.model.order import Order, Transaction, books_day
from app.payments.payment import OWN_DEBTS, payment_of
from app.posting.documents import CreateInvoice, VatGroup
from app.posting.references import MoneySource, Purpose, VoucherRef
from app.posting.steps import PayInvoice, Step
from app.posting.vouchers import BOOKS_CURRENCY, CreateVoucher, MoneyMoved, rows_of
from app.tenants.rules import Advances, TenantRules

ROLE = "deferred.advance"
_PURPOSES = (Purpose.ADVANCE_RECEIVED, Purpose.ADVANCE_VAT, Purpose.ADVANCE_RETURNED)


@dataclass(frozen=True, slots=True)
class Advance:
    """One payment in advance as it was booked, and what of it is left."""

    transaction_id: str
    amount: Money
    vat: tuple[tuple[int, Money], ...]
    """Account → the VAT that was brought forward."""
    clearing: int
    """The provider's account that it came in on."""
    used: Money

    @property
    def left(self) -> Money:
        """What no invoice used and no refund returned."""
        return self.amount - self.used

    def vat_of(self, part: Money) -> list[tuple[int, Money]]:
        """The VAT inside the next part that is used; the parts of one advance sum up to its VAT exactly."""
        return [
            (account, self._share(vat, self.used + part) - self._share(vat, self.used)) for account, vat in self.vat
        ]

    def _share(self, vat: Money, until: Money) -> Money:
        return Money.rounded(vat.decimal * until.decimal / self.amount.decimal, vat.currency)

    def less(self, part: Money) -> Advance:
        """The advance after a part of it is used."""
        return Advance(self.transaction_id, self.amount, self.vat, self.clearing, self.used + part)


def is_money(transaction: Transaction, rules: TenantRules) -> bool:
    """Whether money was received: a gift card was paid when it was sold."""
    return rules.gateways.get(transaction.gateway.lower(), "") not in OWN_DEBTS


def may_be_advance(transaction: Transaction, order: Order, rules: TenantRules) -> bool:
    """Whether a proven payment is booked by itself when it comes before its invoice: in kronor, when it moves."""
    stem = rules.gateways.get(transaction.gateway.lower(), "")
    is_converted = transaction.settled is not None or transaction.at_order_rate is not None
    in_kronor = {transaction.amount.currency, order.currency} == {BOOKS_CURRENCY} and not is_converted
    return in_kronor and is_money(transaction, rules) and stem.removeprefix("psp.") not in rules.clear_at_payout


def received(
    order: Order, transaction: Transaction, groups: Sequence[VatGroup], rules: TenantRules, *, vat_included: bool
) -> CreateVoucher | Finding:
    """The voucher of a payment in advance. `groups`: the VAT of the whole order, whose rates it shares."""
    day = books_day(transaction.processed_at)
    paid = payment_of(transaction, rules, day)
    advances = rules.account(ROLE)
    if isinstance(paid, Finding):
        return paid
    if advances is None:
        return Finding("ROLE_UNMAPPED", ROLE, {"role": ROLE})
    amount = transaction.amount
    vat = _vat_of(amount, groups) if vat_included else []
    if any(account is None for account, _vat in vat):
        return Finding("ROLE_UNMAPPED", "vat", {"role": "vat"})
    net = amount - total((part for _account, part in vat), amount.currency)
    rows = [(paid.account, amount), (advances, -net), *((account or 0, -part) for account, part in vat)]
    name = rules.name_in_books(order.shop, order.name)
    return CreateVoucher(
        ref=VoucherRef(Purpose.ADVANCE_RECEIVED, transaction.id),
        day=day,
        text=f"Förskott order {name}",
        series=rules.payout_series,
        rows=rows_of(_by_account(rows)),
        reference=f"{name} {transaction.id} förskott",
        money=MoneyMoved(transaction.id, amount, amount, paid.role, amount),
    )


def _vat_of(amount: Money, groups: Sequence[VatGroup]) -> list[tuple[int | None, Money]]:
    """The VAT inside an amount that is a share of an order of several rates, by account."""
    taxed = [
        (group, share)
        for group, share in zip(groups, split(amount, [group.gross.minor for group in groups]), strict=True)
    ]
    parts = ((group.vat_account, vat_out_of_gross(share, group.vat_percent)) for group, share in taxed)
    return [(account, part) for account, part in parts if part]


def _by_account(rows: Iterable[tuple[int, Money]]) -> list[tuple[int, Money]]:
    sums: dict[int, Money] = {}
    for account, amount in rows:
        sums[account] = sums[account] + amount if account in sums else amount
    return list(sums.items())


def unused_advances(
    vouchers: Iterable[CreateVoucher], payments: Iterable[PayInvoice], rules: TenantRules
) -> list[Advance]:
    """The advances of an order with what is left of each, oldest first."""
    made = [voucher for voucher in vouchers if is_received(voucher)]
    used: dict[str, Money] = {}
    for payment in payments:
        if source := payment.source.advance:
            used[source] = used.get(source, Money.zero(BOOKS_CURRENCY)) + payment.amount
    for voucher in vouchers:
        if voucher.ref.purpose is Purpose.ADVANCE_RETURNED and voucher.money:
            source = voucher.ref.about
            used[source] = used.get(source, Money.zero(BOOKS_CURRENCY)) - voucher.money.amount
    return [_advance(voucher, used, rules) for voucher in sorted(made, key=lambda voucher: (voucher.day, voucher.key))]


def _advance(voucher: CreateVoucher, used: dict[str, Money], rules: TenantRules) -> Advance:
    source = voucher.ref.about
    (clearing,) = [row.account for row in voucher.rows if row.debit]
    net = rules.account(ROLE)
    vat = tuple((row.account, row.credit) for row in voucher.rows if row.credit and row.account != net)
    amount = total((row.debit for row in voucher.rows), BOOKS_CURRENCY)
    return Advance(source, amount, vat, clearing, used.get(source, Money.zero(BOOKS_CURRENCY)))


def used_by(advance: Advance, invoice: CreateInvoice, part: Money, rules: TenantRules, *, settles: bool) -> PayInvoice:
    """The payment of an invoice out of an advance."""
    account = rules.account(ROLE) or 0
    return PayInvoice(
        source=MoneySource(advance=advance.transaction_id),
        amount=part,
        account=account,
        role=ROLE,
        rounding_account=rules.account("rounding") or account,
        day=invoice.day,
        reference=f"Förskott {invoice.reference1}",
        settles=settles,
        document=invoice.ref,
        whole=advance.amount,
    )


def vat_ref(payment: PayInvoice) -> VoucherRef:
    """The voucher that takes back the VAT of an advance which a payment uses."""
    return VoucherRef(Purpose.ADVANCE_VAT, payment.source.advance, document=payment.document)


def is_of_advance(voucher: CreateVoucher) -> bool:
    """Whether a voucher books an advance, what is used of it, or its return."""
    return voucher.ref.purpose in _PURPOSES


def is_received(voucher: CreateVoucher) -> bool:
    """Whether a voucher is the receipt of an advance."""
    return voucher.ref.purpose is Purpose.ADVANCE_RECEIVED


def vat_taken_back(advance: Advance, invoice: CreateInvoice, part: Money, rules: TenantRules) -> CreateVoucher | None:
    """What the invoice's own VAT replaces; None where the advance brought none forward."""
    vat = [(account, amount) for account, amount in advance.vat_of(part) if amount]
    if not vat:
        return None
    net = total((amount for _account, amount in vat), BOOKS_CURRENCY)
    return CreateVoucher(
        ref=VoucherRef(Purpose.ADVANCE_VAT, advance.transaction_id, document=invoice.ref),
        day=invoice.day,
        text=f"Moms på förskott avräknad, order {invoice.reference1}",
        series=rules.payout_series,
        rows=rows_of([*vat, (rules.account(ROLE) or 0, -net)]),
        reference=f"{invoice.reference1} {advance.transaction_id} {invoice.key} förskottsmoms",
        document=invoice.ref,
    )


def returned(
    advance: Advance, transaction: Transaction, part: Money, paid_back: PayInvoice, name: str, rules: TenantRules
) -> CreateVoucher:
    """The voucher of money that went back before any invoice used it."""
    vat = advance.vat_of(part)
    net = part - total((amount for _account, amount in vat), part.currency)
    return CreateVoucher(
        ref=VoucherRef(Purpose.ADVANCE_RETURNED, advance.transaction_id, refund=transaction.id),
        day=books_day(transaction.processed_at),
        text=f"Förskott återbetalt, order {name}",
        series=rules.payout_series,
        rows=rows_of(_by_account([*vat, (rules.account(ROLE) or 0, net), (paid_back.account, -part)])),
        reference=f"{name} {transaction.id} {advance.transaction_id} förskott åter",
        money=MoneyMoved(transaction.id, -part, -transaction.amount, paid_back.role, -part),
    )


def in_other_months(
    invoice_day: date, transactions: Iterable[Transaction], locked_through: date | None
) -> list[Transaction]:
    """Payments whose entry is of an earlier month than the invoice: those of a locked period are of the first open day.

    `locked_through`: None where nothing is locked, or entries of a locked period are not moved.
    """
    month = (invoice_day.year, invoice_day.month)
    opens = locked_through + timedelta(days=1) if locked_through else date.min
    days = ((transaction, max(books_day(transaction.processed_at), opens)) for transaction in transactions)
    return [voucher for voucher, day in days if (day.year, day.month) < month]


def reported(
    order: Order, transactions: Iterable[Transaction], groups: Sequence[VatGroup], *, vat_included: bool
) -> Iterator[Finding]:
    """What a person must book by hand, where the rule asks or the money is in another currency."""
    for transaction in transactions:
        vat = (
            _vat_of(transaction.amount, groups)
            if vat_included and transaction.amount.currency == order.currency
            else []
        )
        tax = total((part for _account, part in vat), transaction.amount.currency)
        day = books_day(transaction.processed_at)
        data = {
            "order": order.name, "amount": str(transaction.amount), "date": day.isoformat(), "month": f"{day:%Y-%m}",
            "tax_amount": str(tax),
        }  # fmt: skip
        yield Finding("ADVANCE_TO_BOOK", transaction.id, data)


def is_booked_by_itself(transaction: Transaction, order: Order, rules: TenantRules) -> bool:
    """Whether a payment in advance gets its entry without a person."""
    return rules.advances is Advances.BOOK and may_be_advance(transaction, order, rules)


@dataclass(frozen=True, slots=True)
class BookedAdvances:
    """What payments before their invoice came to."""

    vouchers: tuple[CreateVoucher, ...]
    findings: tuple[Finding, ...]
    notices: tuple[Finding, ...]


def not_booked(early: Iterable[Transaction], posted: PostedDocuments, rules: TenantRules) -> list[Transaction]:
    """Money that came before its invoice and stands in no document, payment or voucher yet."""
    booked = {voucher.money.transaction_id for voucher in posted.vouchers if voucher.money}
    booked |= {payment.transaction_id for payment in posted.payments}
    return [transaction for transaction in early if transaction.id not in booked and is_money(transaction, rules)]


def book_advances(new: Sequence[Transaction], order: Order, rules: TenantRules, invoicing: Invoicing) -> BookedAdvances:
    """The entries of payments in advance, with the VAT that the order's own invoice will have."""
    groups, included = invoicing.rows.vat, invoicing.treatment.vat_included
    own = [transaction for transaction in new if is_booked_by_itself(transaction, order, rules)]
    made = [received(order, payment, groups, rules, vat_included=included) for payment in own]
    others = [payment for payment in new if payment not in own]
    return BookedAdvances(
        tuple(voucher for voucher in made if isinstance(voucher, CreateVoucher)),
        tuple(finding for finding in made if isinstance(finding, Finding)),
        tuple(reported(order, others, groups, vat_included=included)),
    )


def has_advances(posted: PostedDocuments) -> bool:
    """Whether money that came before its invoice is booked."""
    return any(is_of_advance(voucher) for voucher in posted.vouchers)


def has_unused(steps: Iterable[Step], posted: PostedDocuments, rules: TenantRules) -> bool:
    """Whether money of advances was neither used by an invoice nor returned."""
    vouchers = [step for step in steps if isinstance(step, CreateVoucher)]
    return any(advance.left.minor > 0 for advance in unused_advances(vouchers, posted.payments, rules))
