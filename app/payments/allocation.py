"""Which money pays which document: every provider transaction once, and every document no more than it says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from app.adjustments.creditable_lines import PostedDocuments
from app.invoicing.captured import captured_payments, is_captured
from app.kit.money import Money, to_whole_units, total
from app.model.answers import NO_ANSWERS, Answers
from app.model.finding import Finding
from app.model.order import Order, Transaction, WriteOff, books_day, refunds_to_book, sum_of
from app.payments.advances import Advance, returned, unused_advances, used_by, vat_taken_back
from app.payments.over_refund import LeftOver, beyond_credit, less_what_returned, moved_by
from app.payments.payment import payment_of, settled_share
from app.posting.documents import CreateInvoice
from app.posting.references import DocumentRef, MoneySource
from app.posting.steps import PayInvoice
from app.posting.vouchers import CreateVoucher
from app.tenants.rules import TenantRules

_CASH_ROUNDING_LIMIT = 50
"""Öre that a cash payment may lie above the total (acc-23)."""
_CONVERTED_APART = 2
"""Öre between an order and its money that two conversions make, each rounded by itself."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """The payments still to make, and the findings that block them."""

    payments: tuple[PayInvoice, ...] = ()
    vouchers: tuple[CreateVoucher, ...] = ()
    """In place of payments: money that no document takes."""
    findings: tuple[Finding, ...] = ()
    notices: tuple[Finding, ...] = ()


def paid_too_much(order: Order) -> Finding:
    """More money came than anything was sold for."""
    received = total((payment.amount for payment in order.money_in), order.currency)
    return Finding("PAYMENT_EXCEEDS_TOTAL", "", {"received_amount": str(received), "shop_amount": str(order.total)})


def allocate(
    order: Order,
    rules: TenantRules,
    documents: Sequence[CreateInvoice],
    posted: PostedDocuments,
    answers: Answers = NO_ANSWERS,
) -> Allocation:
    """Pay the invoices by the money that came, the credit notes by the money that went, and set the rest off.

    The order matters: half a netting is completed before money could take its place, advances are used before new money
    is, and documents are set off against each other only when no money is left for them.
    """
    allocating = _Allocating(order, rules, documents, posted, answers)
    allocating.complete_netting()
    allocating.use_advances()
    too_much = allocating.money_in()
    beyond = allocating.money_out()
    allocating.leave_over(too_much, beyond)
    allocating.netting()
    return Allocation(
        payments=tuple(allocating.payments),
        vouchers=tuple(allocating.vouchers),
        findings=tuple(allocating.findings),
        notices=tuple(allocating.notices),
    )


class _Allocating:
    """Allocates the money of one order: every payment that is found lowers what is `open` of its document."""

    def __init__(
        self,
        order: Order,
        rules: TenantRules,
        documents: Sequence[CreateInvoice],
        posted: PostedDocuments,
        answers: Answers,
    ) -> None:
        self.order, self.rules, self.posted, self.answers = order, rules, posted, answers
        self.invoices = [invoice for invoice in documents if not invoice.credits]
        self.credit_notes = [document for document in documents if document.credits]
        self.zero = Money.zero(order.currency)
        # Minor units between money and documents that are nobody's claim.
        self.slack = max(order.conversions, rules.payment_tolerance)
        self.payments: list[PayInvoice] = []
        self.vouchers: list[CreateVoucher] = []
        self.findings: list[Finding] = []
        self.notices: list[Finding] = []
        self.advances: list[Advance] = []
        self.open: dict[DocumentRef, Money] = {}
        """Document → what is left to pay of it; of a credit note below zero: what is left to pay back."""
        for document in documents:
            paid = total(
                (payment.closes for payment in posted.payments if payment.document == document.ref), order.currency
            )
            self.open[document.ref] = document.total - paid

    def use_advances(self) -> None:
        """Payments in advance pay the oldest invoices that are open; their VAT is the invoice's from then on."""
        left = []
        for advance in unused_advances(self.posted.vouchers, self.posted.payments, self.rules):
            rest = advance
            for invoice in self.invoices:
                part = min(rest.left, self.open[invoice.ref])
                if part.minor <= 0:
                    continue
                self.open[invoice.ref] -= part
                settles = not self.open[invoice.ref]
                payment = used_by(rest, invoice, part, self.rules, settles=settles)
                self.payments.append(replace(payment, rounds=self._rounds(invoice)))
                back = vat_taken_back(rest, invoice, part, self.rules)
                self.vouchers += [back] if back else []
                rest = rest.less(part)
            left.append(rest)
        self.advances = [advance for advance in left if advance.left.minor > 0]

    def money_in(self) -> list[LeftOver]:
        """Each proven payment pays the oldest invoices that are still open; returns what none of them takes."""
        too_much: list[LeftOver] = []
        proven = captured_payments(self.order, self.rules)
        for transaction in proven:
            left = self._unused(transaction)
            slices: list[tuple[CreateInvoice, Money]] = []
            for invoice in self.invoices:
                amount = min(left, self.open[invoice.ref])
                if amount.minor > 0:
                    if transaction is proven[-1]:
                        amount += self._missing_within_slack(amount)
                    slices.append((invoice, amount))
                    self.open[invoice.ref] -= amount
                    left = max(left - amount, self.zero)
            too_much += self._pay(transaction, slices, left, is_last=transaction is proven[-1])
        return too_much

    def _missing_within_slack(self, amount: Money) -> Money:
        """What the invoices lack once the last payment has paid `amount`, where that is little enough to write off."""
        missing = total((self.open[invoice.ref] for invoice in self.invoices), amount.currency) - amount
        waits = bool(self.order.awaiting)
        return missing if 0 < missing.minor <= self.slack and not waits else self.zero

    def _unused(self, transaction: Transaction, sign: int = 1) -> Money:
        used = moved_by(transaction, self.posted.payments, self.posted.vouchers)
        size = used if sign > 0 else -used
        left = max(transaction.pays - size, self.zero)
        return self.zero if used and left.minor <= self.slack else left

    def _pay(
        self, transaction: Transaction, slices: list[tuple[CreateInvoice, Money]], left: Money, *, is_last: bool
    ) -> list[LeftOver]:
        """Payments of one transaction; returns what it leaves over that is no cash rounding."""
        waits = min(left, self.order.awaiting or self.zero)  # for goods that are still to be delivered
        left -= waits
        rounding = transaction.rounding or self.zero
        is_cash = self.rules.gateways.get(transaction.gateway.lower()) == "cash"  # a card is charged to the öre
        if slices and is_last and is_cash and not waits and 0 < left.minor <= _CASH_ROUNDING_LIMIT and not rounding:
            rounding, left = left, self.zero
        if slices and is_last and not waits and left.minor <= self.slack:
            left = self.zero  # rounding: of a conversion, or by the buyer
        self._add_slices(transaction, slices, rounding, left)
        return [self._left_over(transaction, left)] if left else []

    def _complain(self, finding: Finding) -> None:
        """Block an order of which nothing is booked; only a notice for one that has documents."""
        (self.notices if self.posted.documents else self.findings).append(finding)

    def money_out(self) -> list[LeftOver]:
        """Each refund's money pays its own credit notes, then other open ones; returns what none of them takes."""
        beyond: list[LeftOver] = []
        refunds, waiting = refunds_to_book(self.order)
        still_waiting = {transaction_id for refund in waiting for transaction_id in refund.transaction_ids}
        refund_of = {transaction_id: refund.id for refund in refunds for transaction_id in refund.transaction_ids}
        for transaction in self.order.money_out:
            if not is_captured(transaction, self.rules):
                continue
            left = self._unused(transaction, -1)
            slices: list[tuple[CreateInvoice, Money]] = []
            for credit in self._credits_of(refund_of.get(transaction.id, "")):
                balance = -self.open[credit.ref]
                amount = min(left, balance)
                if amount.minor > 0:
                    if 0 < (balance - amount).minor <= self.slack:
                        amount = balance  # no more than rounding is missing
                    self.open[credit.ref] += amount
                    left = max(left - amount, self.zero)
                    slices.append((credit, -amount))
            rounding = transaction.rounding or self.zero
            if slices and left.minor <= self.slack:
                left = self.zero
            self._add_slices(transaction, slices, self.zero if left else -rounding, left)
            if left and transaction.id not in still_waiting:
                beyond.append(self._left_over(transaction, left))
        return beyond

    def leave_over(self, too_much: list[LeftOver], beyond: list[LeftOver]) -> None:
        """Money that came in too much and went back the same way needs no entry; the rest is a finding."""
        too_much, beyond = less_what_returned(too_much, beyond)
        beyond = self._less_advances(beyond)
        unused = total((advance.left for advance in self.advances), self.zero.currency) - (
            self.order.awaiting or self.zero
        )
        if too_much or (self.invoices and unused.minor > self.slack):
            self._complain(paid_too_much(self.order))
        for left_over in beyond:
            became = beyond_credit(left_over, self.order, self.rules, self.answers)
            if isinstance(became, CreateVoucher):
                self.vouchers.append(became)
            else:
                self.notices.append(became)

    def _less_advances(self, beyond: list[LeftOver]) -> list[LeftOver]:
        """Money out that gives unused advances back, each by a voucher; returns what is no advance."""
        still = []
        for left_over in beyond:
            rest = left_over.amount
            account = left_over.account
            own_account_first = sorted(enumerate(self.advances), key=lambda placed: placed[1].clearing != account)
            for place, advance in own_account_first:
                part = min(rest, advance.left)
                if part.minor > 0 and left_over.payment:
                    name, paid_back = self.rules.name_in_books(self.order.shop, self.order.name), left_over.payment
                    self.vouchers.append(returned(advance, left_over.transaction, part, paid_back, name, self.rules))
                    self.advances[place] = advance.less(part)
                    rest -= part
            if rest:
                still.append(replace(left_over, amount=rest))
        return still

    def _left_over(self, transaction: Transaction, amount: Money) -> LeftOver:
        """`amount` of a transaction that no document takes."""
        first = self.invoices[0].day if self.invoices else books_day(transaction.processed_at)
        payment = payment_of(transaction, self.rules, first)
        return LeftOver(transaction, amount, payment if isinstance(payment, PayInvoice) else None)

    def _credits_of(self, refund_id: str) -> list[CreateInvoice]:
        """All credit notes, a refund's own first."""
        made = self.credit_notes
        return sorted(made, key=lambda note: note.ref.reason.refund != refund_id)

    def netting(self) -> None:
        """An open credit note lowers the claim of an open invoice of the same order; no money moves."""
        account = self.rules.account("netting")
        for credit in self.credit_notes:
            for invoice in self.invoices:
                amount = min(-self.open[credit.ref], self.open[invoice.ref])
                if amount.minor <= 0:
                    continue
                if account is None:
                    self.findings.append(Finding("ROLE_UNMAPPED", "netting", {"role": "netting"}))
                    return
                self.open[credit.ref] += amount
                self.open[invoice.ref] -= amount
                self._netting_pair(credit, invoice, amount, account)
            if self.open[credit.ref].minor < 0:
                data = {"document": credit.reference2, "shop_amount": str(-self.open[credit.ref])}
                self.notices.append(Finding("REFUND_MONEY_MISSING", credit.key, data))

    def complete_netting(self) -> None:
        """A set-off is two payments: where only one was made before something failed, the other one follows.

        The one that is made has closed its document already, so that nothing else would ask for the other.
        """
        by_pair: dict[MoneySource, list[PayInvoice]] = {}
        for payment in self.posted.payments:
            if payment.source.is_netting:
                by_pair.setdefault(payment.source, []).append(payment)
        for pair, made in by_pair.items():
            missing = pair.invoice if made[0].document == pair.credit_note else pair.credit_note
            documents = (*self.invoices, *self.credit_notes)
            other = next((document for document in documents if document.ref == missing), None)
            if len(made) == 1 and other is not None:
                moved = -made[0].amount
                self.open[other.ref] -= moved
                self._netting_half(pair, other, moved, made[0].account, made[0].day)

    def _netting_pair(self, credit: CreateInvoice, invoice: CreateInvoice, amount: Money, account: int) -> None:
        day = max(credit.day, invoice.day)
        pair = MoneySource(credit_note=credit.ref, invoice=invoice.ref)
        for document, moved in ((credit, -amount), (invoice, amount)):
            self._netting_half(pair, document, moved, account, day)

    def _netting_half(self, pair: MoneySource, document: CreateInvoice, moved: Money, account: int, day: date) -> None:
        self.payments.append(
            PayInvoice(
                source=pair,
                amount=moved,
                account=account,
                role="netting",
                rounding_account=self.rules.account("rounding") or account,
                day=day,
                reference=f"Kvittning {document.reference1}",
                settles=not self.open[document.ref],
                document=document.ref,
                rounds=self._rounds(document),
            )
        )

    def _add_slices(
        self,
        transaction: Transaction,
        slices: Sequence[tuple[CreateInvoice, Money]],
        rounding: Money,
        left: Money,
    ) -> None:
        """The payments of one transaction: rounding goes with the last, the provider's fee with the largest.

        The fee is never shared out: a part for a document that is still to come would leave its payout waiting. Where
        no payment is larger than the fee, none takes it, and the payout's voucher does.
        """
        largest = max(slices, key=lambda amount_slice: abs(amount_slice[1]), default=None)
        fee = sum_of(transaction.write_offs, self.order.currency) if transaction.write_offs else self.zero
        is_new = not any(
            payment.write_offs for payment in self.posted.payments if payment.transaction_id == transaction.id
        )
        for document, closes in slices:
            takes = is_new and (document, closes) == largest and (closes - fee).minor * closes.minor > 0
            is_last = document is slices[-1][0]
            paid = [amount for _document, amount in slices]
            difference = self._difference(transaction, paid, left) if is_last else None
            fees = transaction.write_offs if takes else ()
            self._add(transaction, document, closes, rounding if is_last else self.zero, fees, difference)

    def _difference(self, transaction: Transaction, closes: Sequence[Money], left: Money) -> WriteOff | None:
        """What a conversion makes between the money that moved and what it pays: rounding, or a gain or loss.

        An öre for the order's total and one for the money are rounding; more is the rate of another day. A finding is
        left where its account is missing.
        """
        if transaction.rounding or not (self.slack or transaction.at_order_rate):
            return None
        earlier = [payment for payment in self.posted.payments if payment.transaction_id == transaction.id]
        paid = total((*closes, *(payment.closes for payment in earlier)), transaction.amount.currency)
        is_refund = paid.minor < 0
        cost = transaction.amount - left - abs(paid) if is_refund else paid + left - transaction.amount
        cost -= total((payment.difference.amount for payment in earlier if payment.difference), cost.currency)
        if not cost:
            return None
        exchange = "exchange.loss" if cost.minor > 0 else "exchange.gain"
        is_small = abs(cost).minor <= max(_CONVERTED_APART, self.rules.payment_tolerance)
        role = "rounding" if is_small else exchange
        account = self.rules.account(role)
        if account is None:
            self.findings.append(Finding("ROLE_UNMAPPED", role, {"role": role}))
            return None
        return WriteOff(account, cost, role)

    def _add(
        self,
        transaction: Transaction,
        document: CreateInvoice,
        closes: Money,
        rounding: Money,
        write_offs: tuple[WriteOff, ...],
        difference: WriteOff | None,
    ) -> None:
        payment = payment_of(transaction, self.rules, document.day)
        if isinstance(payment, Finding):
            if payment not in self.findings:
                self.findings.append(payment)
            return
        self.payments.append(
            replace(
                payment,
                amount=closes + rounding,
                rounding=rounding or None,
                document=document.ref,
                settles=not self.open[document.ref],
                settled=settled_share(transaction, closes),
                whole=_whole(transaction, closes, rounding),
                rounds=self._rounds(document),
                write_offs=write_offs,
                difference=difference,
            )
        )

    def _rounds(self, document: CreateInvoice) -> bool | None:
        """Whether the payment takes Fortnox's rounding at another time than when it settles the document.

        Where only öre stay open, the rounded claim may hold less than is paid now (20 kronor of 20.30): the payment
        would be too much for it. So the rounding is written off at once, and Fortnox holds what is really open.
        """
        if not self.rules.ledger.rounds_to_whole_units:
            return False
        left, is_whole = self.open[document.ref], to_whole_units(document.total) == document.total
        paid = (*self.posted.payments, *self.payments)
        if any(payment.rounds and payment.document == document.ref for payment in paid):
            return None if left else False
        return True if left and abs(left.decimal) < 1 and not is_whole else None


def _whole(transaction: Transaction, closes: Money, rounding: Money) -> Money:
    """What a transaction moved, with the sign of the payment."""
    moved = transaction.amount + transaction.rounding if transaction.rounding else transaction.amount
    if not transaction.rounding and rounding:
        moved = max(moved, abs(closes + rounding))  # cash rounding that the shop did not state (acc-23)
    return -moved if closes.minor < 0 else moved


def leaves_write_off(document: CreateInvoice, payments: Iterable[PayInvoice], rules: TenantRules) -> bool:
    """Whether a payment wrote something off, Fortnox's whole-krona rounding or a fee, which is looked at once more.

    Whether Fortnox takes write-offs for a part of a payment's amount was never seen (docs/fortnox-unknowns.md).
    """
    own = [payment for payment in payments if payment.document == document.ref]
    rounds = rules.ledger.rounds_to_whole_units and to_whole_units(document.total) != document.total
    written_off = rounds or any(invoice.all_write_offs for invoice in own)
    return written_off and any(payment.settles for payment in own)
