"""Which money pays which document: every provider transaction once, and every document no more than it says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
    case = _Case(order, rules, tuple(documents), posted, answers)
    state = _complete_netting(case, _State(_still_open(case)))
    state = _use_advances(case, state)
    state, too_much = _take_in(case, state)
    state, beyond = _give_out(case, state)
    state = _leave_over(case, state, too_much, beyond)
    state = _set_off(case, state)
    return Allocation(state.payments, state.vouchers, state.findings, state.notices)


@dataclass(frozen=True, slots=True)
class _Case:
    """What the money of one order is allocated by."""

    order: Order
    rules: TenantRules
    documents: tuple[CreateInvoice, ...]
    posted: PostedDocuments
    answers: Answers

    @property
    def invoices(self) -> list[CreateInvoice]:
        """Oldest first."""
        return [document for document in self.documents if not document.credits]

    @property
    def credit_notes(self) -> list[CreateInvoice]:
        """Oldest first."""
        return [document for document in self.documents if document.credits]

    @property
    def zero(self) -> Money:
        """In the order's currency."""
        return Money.zero(self.order.currency)

    @property
    def awaiting(self) -> Money:
        """Money that came for goods that are still to be delivered."""
        return self.order.awaiting or self.zero

    @property
    def slack(self) -> int:
        """Minor units between money and documents that are nobody's claim."""
        return max(self.order.conversions, self.rules.payment_tolerance)


@dataclass(frozen=True, slots=True)
class _State:
    """An allocation in the making: every payment that is added lowers what is open of its document."""

    open: Mapping[DocumentRef, Money]
    """What is left to pay of a document; of a credit note below zero: what is left to pay back."""
    payments: tuple[PayInvoice, ...] = ()
    vouchers: tuple[CreateVoucher, ...] = ()
    findings: tuple[Finding, ...] = ()
    notices: tuple[Finding, ...] = ()
    advances: tuple[Advance, ...] = ()
    """Those that no invoice has used up."""

    def closing(self, document: CreateInvoice, amount: Money) -> _State:
        """With so much less open of a document."""
        return replace(self, open={**self.open, document.ref: self.open[document.ref] - amount})

    def plus(
        self,
        *,
        payments: Iterable[PayInvoice] = (),
        vouchers: Iterable[CreateVoucher] = (),
        findings: Iterable[Finding] = (),
        notices: Iterable[Finding] = (),
    ) -> _State:
        """With these added."""
        return replace(
            self,
            payments=(*self.payments, *payments),
            vouchers=(*self.vouchers, *vouchers),
            findings=(*self.findings, *findings),
            notices=(*self.notices, *notices),
        )


_Slice = tuple[CreateInvoice, Money]
"""A document, and what is paid of it; below zero: paid back."""


def _still_open(case: _Case) -> dict[DocumentRef, Money]:
    """What the payments that stand in the books leave to pay."""
    paid = {document.ref: case.zero for document in case.documents}
    for payment in case.posted.payments:
        if payment.document in paid:
            paid[payment.document] += payment.closes
    return {document.ref: document.total - paid[document.ref] for document in case.documents}


def _use_advances(case: _Case, state: _State) -> _State:
    """Payments in advance pay the oldest invoices that are open; their VAT is the invoice's from then on."""
    left = []
    for advance in unused_advances(case.posted.vouchers, case.posted.payments, case.rules):
        rest = advance
        for invoice in case.invoices:
            part = min(rest.left, state.open[invoice.ref])
            if part.minor <= 0:
                continue
            state = state.closing(invoice, part)
            payment = used_by(rest, invoice, part, case.rules, settles=not state.open[invoice.ref])
            back = vat_taken_back(rest, invoice, part, case.rules)
            payment = replace(payment, rounds=_rounds(case, state, invoice))
            state = state.plus(payments=[payment], vouchers=[back] if back else [])
            rest = rest.less(part)
        left.append(rest)
    return replace(state, advances=tuple(advance for advance in left if advance.left.minor > 0))


def _take_in(case: _Case, state: _State) -> tuple[_State, list[LeftOver]]:
    """Each proven payment pays the oldest invoices that are still open; also what none of them takes."""
    too_much: list[LeftOver] = []
    proven = captured_payments(case.order, case.rules)
    for transaction in proven:
        left = _unused(case, transaction)
        slices: list[_Slice] = []
        for invoice in case.invoices:
            amount = min(left, state.open[invoice.ref])
            if amount.minor > 0:
                if transaction is proven[-1]:
                    amount += _missing_within_slack(case, state, amount)
                slices.append((invoice, amount))
                state = state.closing(invoice, amount)
                left = max(left - amount, case.zero)
        state, left = _with_money_in(case, state, transaction, slices, left, is_last=transaction is proven[-1])
        too_much += [_left_over(case, transaction, left)] if left else []
    return state, too_much


def _missing_within_slack(case: _Case, state: _State, amount: Money) -> Money:
    """What the invoices lack once the last payment has paid `amount`, where that is little enough to write off."""
    missing = total((state.open[invoice.ref] for invoice in case.invoices), amount.currency) - amount
    return missing if 0 < missing.minor <= case.slack and not case.order.awaiting else case.zero


def _unused(case: _Case, transaction: Transaction, sign: int = 1) -> Money:
    used = moved_by(transaction, case.posted.payments, case.posted.vouchers)
    size = used if sign > 0 else -used
    left = max(transaction.pays - size, case.zero)
    return case.zero if used and left.minor <= case.slack else left


def _with_money_in(
    case: _Case, state: _State, transaction: Transaction, slices: Sequence[_Slice], left: Money, *, is_last: bool
) -> tuple[_State, Money]:
    """With the payments of one transaction; also what it leaves over that is no cash rounding."""
    waits = min(left, case.awaiting)  # for goods that are still to be delivered
    left -= waits
    rounding = transaction.rounding or case.zero
    is_cash = case.rules.gateways.get(transaction.gateway.lower()) == "cash"  # a card is charged to the öre
    if slices and is_last and is_cash and not waits and 0 < left.minor <= _CASH_ROUNDING_LIMIT and not rounding:
        rounding, left = left, case.zero
    if slices and is_last and not waits and left.minor <= case.slack:
        left = case.zero  # rounding: of a conversion, or by the buyer
    return _with_slices(case, state, transaction, slices, (rounding, left)), left


def _give_out(case: _Case, state: _State) -> tuple[_State, list[LeftOver]]:
    """Each refund's money pays its own credit notes, then other open ones; also what none of them takes."""
    beyond: list[LeftOver] = []
    refunds, waiting = refunds_to_book(case.order)
    still_waiting = {transaction_id for refund in waiting for transaction_id in refund.transaction_ids}
    refund_of = {transaction_id: refund.id for refund in refunds for transaction_id in refund.transaction_ids}
    for transaction in case.order.money_out:
        if not is_captured(transaction, case.rules):
            continue
        left = _unused(case, transaction, -1)
        slices: list[_Slice] = []
        for credit in _credits_of(case, refund_of.get(transaction.id, "")):
            balance = -state.open[credit.ref]
            amount = min(left, balance)
            if amount.minor > 0:
                if 0 < (balance - amount).minor <= case.slack:
                    amount = balance  # no more than rounding is missing
                state = state.closing(credit, -amount)
                left = max(left - amount, case.zero)
                slices.append((credit, -amount))
        rounding = transaction.rounding or case.zero
        if slices and left.minor <= case.slack:
            left = case.zero
        state = _with_slices(case, state, transaction, slices, (case.zero if left else -rounding, left))
        if left and transaction.id not in still_waiting:
            beyond.append(_left_over(case, transaction, left))
    return state, beyond


def _credits_of(case: _Case, refund_id: str) -> list[CreateInvoice]:
    """All credit notes, a refund's own first."""
    return sorted(case.credit_notes, key=lambda note: note.ref.reason.refund != refund_id)


def _leave_over(case: _Case, state: _State, too_much: list[LeftOver], beyond: list[LeftOver]) -> _State:
    """Money that came in too much and went back the same way needs no entry; the rest is a finding."""
    too_much, beyond = less_what_returned(too_much, beyond)
    state, beyond = _less_advances(case, state, beyond)
    unused = total((advance.left for advance in state.advances), case.zero.currency) - case.awaiting
    if too_much or (case.invoices and unused.minor > case.slack):
        # It blocks an order of which nothing is booked, and is only a notice for one that has documents.
        complaint = [paid_too_much(case.order)]
        state = state.plus(notices=complaint) if case.posted.documents else state.plus(findings=complaint)
    for left_over in beyond:
        became = beyond_credit(left_over, case.order, case.rules, case.answers)
        state = state.plus(vouchers=[became]) if isinstance(became, CreateVoucher) else state.plus(notices=[became])
    return state


def _less_advances(case: _Case, state: _State, beyond: Iterable[LeftOver]) -> tuple[_State, list[LeftOver]]:
    """Money out that gives unused advances back, each by a voucher; also what is no advance."""
    still = []
    name = case.rules.name_in_books(case.order.shop, case.order.name)
    for left_over in beyond:
        rest, advances = left_over.amount, list(state.advances)
        account = left_over.account
        own_account_first = sorted(enumerate(advances), key=lambda placed: placed[1].clearing != account)
        for place, advance in own_account_first:
            part = min(rest, advance.left)
            if part.minor > 0 and left_over.payment:
                voucher = returned(advance, left_over.transaction, part, left_over.payment, name, case.rules)
                state = state.plus(vouchers=[voucher])
                advances[place] = advance.less(part)
                rest -= part
        state = replace(state, advances=tuple(advances))
        if rest:
            still.append(replace(left_over, amount=rest))
    return state, still


def _left_over(case: _Case, transaction: Transaction, amount: Money) -> LeftOver:
    """`amount` of a transaction that no document takes."""
    first = case.invoices[0].day if case.invoices else books_day(transaction.processed_at)
    payment = payment_of(transaction, case.rules, first)
    return LeftOver(transaction, amount, payment if isinstance(payment, PayInvoice) else None)


def _set_off(case: _Case, state: _State) -> _State:
    """An open credit note lowers the claim of an open invoice of the same order; no money moves."""
    account = case.rules.account("netting")
    for credit in case.credit_notes:
        for invoice in case.invoices:
            amount = min(-state.open[credit.ref], state.open[invoice.ref])
            if amount.minor <= 0:
                continue
            if account is None:
                return state.plus(findings=[Finding("ROLE_UNMAPPED", "netting", {"role": "netting"})])
            pair, day = MoneySource(credit_note=credit.ref, invoice=invoice.ref), max(credit.day, invoice.day)
            state = state.closing(credit, -amount).closing(invoice, amount)
            for document, moved in ((credit, -amount), (invoice, amount)):
                state = state.plus(payments=[_netting_half(case, state, pair, (document, moved), (account, day))])
        if state.open[credit.ref].minor < 0:
            data = {"document": credit.reference2, "shop_amount": str(-state.open[credit.ref])}
            state = state.plus(notices=[Finding("REFUND_MONEY_MISSING", credit.key, data)])
    return state


def _complete_netting(case: _Case, state: _State) -> _State:
    """A set-off is two payments: where only one was made before something failed, the other one follows.

    The one that is made has closed its document already, so that nothing else would ask for the other.
    """
    by_pair: dict[MoneySource, list[PayInvoice]] = {}
    for payment in case.posted.payments:
        if payment.source.is_netting:
            by_pair.setdefault(payment.source, []).append(payment)
    for pair, made in by_pair.items():
        missing = pair.invoice if made[0].document == pair.credit_note else pair.credit_note
        other = next((document for document in case.documents if document.ref == missing), None)
        if len(made) == 1 and other is not None:
            moved, place = -made[0].amount, (made[0].account, made[0].day)
            state = state.closing(other, moved)
            state = state.plus(payments=[_netting_half(case, state, pair, (other, moved), place)])
    return state


def _netting_half(case: _Case, state: _State, pair: MoneySource, part: _Slice, place: tuple[int, date]) -> PayInvoice:
    """One of the two payments of a netting. `place`: its account and day."""
    (document, moved), (account, day) = part, place
    return PayInvoice(
        source=pair,
        amount=moved,
        account=account,
        role="netting",
        rounding_account=case.rules.account("rounding") or account,
        day=day,
        reference=f"Kvittning {document.reference1}",
        settles=not state.open[document.ref],
        document=document.ref,
        rounds=_rounds(case, state, document),
    )


def _with_slices(
    case: _Case, state: _State, transaction: Transaction, slices: Sequence[_Slice], rest: tuple[Money, Money]
) -> _State:
    """With the payments of one transaction: rounding goes with the last, the provider's fee with the largest.

    The fee is never shared out: a part for a document that is still to come would leave its payout waiting. Where
    no payment is larger than the fee, none takes it, and the payout's voucher does. `rest`: the rounding, and what is
    left of the transaction.
    """
    rounding, left = rest
    largest = max(slices, key=lambda amount_slice: abs(amount_slice[1]), default=None)
    fee = sum_of(transaction.write_offs, case.order.currency) if transaction.write_offs else case.zero
    earlier = [payment for payment in case.posted.payments if payment.transaction_id == transaction.id]
    is_new = not any(payment.write_offs for payment in earlier)
    for document, closes in slices:
        takes = is_new and (document, closes) == largest and (closes - fee).minor * closes.minor > 0
        is_last = document is slices[-1][0]
        paid = [amount for _document, amount in slices]
        difference = _difference(case, transaction, paid, left) if is_last else None
        if isinstance(difference, Finding):
            state, difference = state.plus(findings=[difference]), None
        payment = payment_of(transaction, case.rules, document.day)
        if isinstance(payment, Finding):
            state = state if payment in state.findings else state.plus(findings=[payment])
            continue
        own_rounding = rounding if is_last else case.zero
        payment = replace(
            payment,
            amount=closes + own_rounding,
            rounding=own_rounding or None,
            document=document.ref,
            settles=not state.open[document.ref],
            settled=settled_share(transaction, closes),
            whole=_whole(transaction, closes, own_rounding),
            rounds=_rounds(case, state, document),
            write_offs=transaction.write_offs if takes else (),
            difference=difference,
        )
        state = state.plus(payments=[payment])
    return state


def _difference(
    case: _Case, transaction: Transaction, closes: Sequence[Money], left: Money
) -> WriteOff | Finding | None:
    """What a conversion makes between the money that moved and what it pays: rounding, or a gain or loss.

    An öre for the order's total and one for the money are rounding; more is the rate of another day. A finding where
    its account is missing.
    """
    if transaction.rounding or not (case.slack or transaction.at_order_rate):
        return None
    earlier = [payment for payment in case.posted.payments if payment.transaction_id == transaction.id]
    paid = total((*closes, *(payment.closes for payment in earlier)), transaction.amount.currency)
    is_refund = paid.minor < 0
    cost = transaction.amount - left - abs(paid) if is_refund else paid + left - transaction.amount
    cost -= total((payment.difference.amount for payment in earlier if payment.difference), cost.currency)
    if not cost:
        return None
    exchange = "exchange.loss" if cost.minor > 0 else "exchange.gain"
    is_small = abs(cost).minor <= max(_CONVERTED_APART, case.rules.payment_tolerance)
    role = "rounding" if is_small else exchange
    account = case.rules.account(role)
    return Finding("ROLE_UNMAPPED", role, {"role": role}) if account is None else WriteOff(account, cost, role)


def _rounds(case: _Case, state: _State, document: CreateInvoice) -> bool | None:
    """Whether the payment takes Fortnox's rounding at another time than when it settles the document.

    Where only öre stay open, the rounded claim may hold less than is paid now (20 kronor of 20.30): the payment
    would be too much for it. So the rounding is written off at once, and Fortnox holds what is really open.
    """
    if not case.rules.ledger.rounds_to_whole_units:
        return False
    left, is_whole = state.open[document.ref], to_whole_units(document.total) == document.total
    paid = (*case.posted.payments, *state.payments)
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
