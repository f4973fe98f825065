"""Plans one order from its state, the rules and the posted documents, for preview, pre-flight and execution alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from app.adjustments.adjustments import EDIT, AdjustmentPlan, Credit, credit_key, follow, move_reductions
from app.adjustments.cancelled_before_sale import without_never_sold
from app.adjustments.credit_notes import credit_note
from app.adjustments.creditable_lines import NOTHING_POSTED, CreditableLines, PostedDocuments
from app.adjustments.moved import Places, has_moved, places_now
from app.adjustments.refunded_vat import vat_given_back
from app.invoicing.captured import captured_payments
from app.invoicing.gift_cards import own_vouchers
from app.invoicing.invoice import Invoicing, invoice_day, prepare, trigger_of
from app.invoicing.partial_delivery import as_delivered
from app.invoicing.return_fees import FEE_SOURCE, fees_of, with_fees_due
from app.invoicing.split import fitting, free_keys, missing_parts, parts_of
from app.invoicing.texts import say
from app.kit.money import total
from app.model.answers import NO_ANSWERS, Answers, LockedPeriod
from app.model.finding import Finding
from app.model.order import Order, Transaction, books_day
from app.orders.planning.notices import notices_of, notices_with, on_open_day
from app.orders.planning.readiness import (
    BEFORE_CUT_OVER,
    NEVER_SOLD,
    NOT_PAID,
    currency_findings,
    is_short_payment,
    long_wait,
    never_sold,
    skip_reason,
    wait_reason,
)
from app.payments.advances import ADVANCE, book_advances, has_unused, in_other_months, is_received, not_booked, vat_key
from app.payments.allocation import Allocation, allocate, leaves_write_off, paid_too_much
from app.payments.given_cards import with_given_cards
from app.payments.over_refund import over_refund_findings
from app.payments.payment import payment_of
from app.payments.payout_timing import clear
from app.posting.documents import MAIN, CreateInvoice, InvoiceRow
from app.posting.expected_vouchers import expected_vouchers
from app.posting.ledger_amounts import unheld
from app.posting.mailing import MailInvoice
from app.posting.origins import made_of, of_order
from app.posting.plan import Decision, Plan, Skipped, Waiting, stopped
from app.posting.pre_existing_sales import refunded_since
from app.posting.steps import BookInvoice, BookPayment, CancelInvoice, ConfirmSettled, PayInvoice, Step
from app.posting.vouchers import CreateVoucher
from app.tenants.rules import DocumentFlow, InvoiceDay, TenantRules, Trigger
from app.vat.stated_facts import with_stated_facts


def decide(
    order: Order,
    rules: TenantRules,
    posted: PostedDocuments = NOTHING_POSTED,
    *,
    locked_through: date | None = None,
    answers: Answers = NO_ANSWERS,
    now: datetime | None = None,
) -> Decision:
    """What to do about an order in its newest state. Pure: the same input always decides the same.

    `locked_through` is the last day of the books' locked period; `answers` are those of people on this order. With
    `now` an order that has waited long for its money says so.
    """
    order = with_fees_due(with_stated_facts(order, rules, answers))
    order, asked_cards = with_given_cards(order, rules, posted, answers)
    is_started = bool(posted.documents or posted.ordered)
    has_advances = any(voucher.key.startswith(ADVANCE) for voucher in posted.vouchers)
    if not is_started:
        order = without_never_sold(order)
    if not is_started and not has_advances and (skipped := skip_reason(order, rules)):
        asked = refunded_since(order, rules) if skipped == BEFORE_CUT_OVER else None
        return stopped([asked]) if asked else Skipped(skipped)
    mismatches = [*currency_findings(order), *asked_cards]
    if mismatches:
        return stopped(mismatches)
    if not is_started and (waiting := never_sold(order, has_advances=has_advances) or wait_reason(order, rules)):
        return _Planner(order, rules, posted, locked_through, answers, now).without_invoice(waiting)
    if trigger_of(order, rules) is Trigger.FULFILLED:
        order = as_delivered(order)
    return _Planner(order, rules, posted, locked_through, answers, now).decide()


class _Planner:
    """Makes one plan."""

    def __init__(
        self,
        order: Order,
        rules: TenantRules,
        posted: PostedDocuments,
        locked_through: date | None,
        answers: Answers,
        now: datetime | None,
    ) -> None:
        self.order, self.rules, self.posted, self.locked_through = order, rules, posted, locked_through
        self.answers, self.now, self.addition_waits = answers, now, False
        self.steps: list[Step] = list(posted.steps)
        self.documents: list[CreateInvoice] = [*posted.documents, *posted.ordered]
        self.findings: list[Finding] = []
        self.notices: list[Finding] = []

    def decide(self) -> Decision:
        """A plan, or the findings that block it."""
        self._revoke()
        if not self.documents and not self._invoice():
            return self._without_documents()
        self._complete_parts()
        ledger = CreditableLines(self.order.currency, self.documents)
        followed = follow(self.order, ledger, self._edits(), self.answers.totals, self._moved())
        self.notices += followed.notices
        self.findings += followed.findings
        self.findings += vat_given_back(self.order, self.documents, self.answers)
        for credit in followed.credits:
            self._credit(ledger, credit)
        self.addition_waits = followed.adds
        if followed.adds and self._may_supplement(in_exchange=self._has_credit()):
            self._supplement(followed, ledger)
            self.addition_waits = False
        if self.now and wait_reason(self.order, self.rules) == NOT_PAID:
            self.notices += long_wait(self.order, self.now)
        for credit in move_reductions(self.order, ledger):
            self._credit(ledger, credit)
        self._drop_unfilled_drafts()
        settled = self._settled()
        receivable = self.rules.account("receivable")
        self.findings += settled.findings
        made = [document for document in self.documents if document.key not in self.posted.keys]
        self.findings += unheld(made, settled.payments)
        moved = (*self.posted.payments, *settled.payments)
        self.findings += [
            entry for entry in own_vouchers(self.documents, moved, self.rules) if isinstance(entry, Finding)
        ]
        self.findings += [] if receivable else [Finding("ROLE_UNMAPPED", "receivable", {"role": "receivable"})]
        if self.findings or receivable is None:
            return stopped(self.findings)
        return self._plan(settled, receivable)

    def without_invoice(self, waiting: str) -> Decision:
        """What is booked of an order that is not invoiced (yet): the money that came before its invoice."""
        is_deposit = waiting == NEVER_SOLD or (waiting == NOT_PAID and not is_short_payment(self.order))
        early = captured_payments(self.order, self.rules) if is_deposit else []
        self.notices += long_wait(self.order, self.now) if self.now and waiting == NOT_PAID else ()
        if not early and not self.posted.vouchers:
            return Waiting(waiting, tuple(self.notices))
        posted = self._with_advances(early)
        if self.findings:
            return stopped(self.findings)
        settled = allocate(self.order, self.rules, (), posted, self.answers)
        vouchers = [voucher for voucher in (*posted.vouchers, *settled.vouchers) if voucher.key.startswith(ADVANCE)]
        if not vouchers:
            return Waiting(waiting, tuple(self.notices))
        opened = [self._on_open_day(voucher) for voucher in vouchers if voucher.key not in self.posted.keys]
        if self.findings:
            return stopped(self.findings)
        steps = (*self.posted.steps, *opened)
        is_over = waiting == NEVER_SOLD and not has_unused(steps, self.posted, self.rules)
        reason = "" if is_over else waiting
        return Plan(self.order.name, self.rules.version, steps, notices=tuple(self.notices), waiting=reason)

    def _with_advances(self, early: Sequence[Transaction]) -> PostedDocuments:
        """The books with the entries of payments that come before their invoice; what cannot be booked is reported."""
        new = not_booked(early, self.posted, self.rules)
        if not new:
            return self.posted
        invoicing = prepare(self._as_sold(), self.rules, self.answers.totals)
        if not isinstance(invoicing, Invoicing):
            self.findings += invoicing
            return self.posted
        booked = book_advances(new, self.order, self.rules, invoicing)
        self.notices += booked.notices
        self.findings += booked.findings
        return replace(self.posted, steps=(*self.posted.steps, *booked.vouchers))

    def _on_open_day(self, voucher: CreateVoucher) -> CreateVoucher:
        return replace(voucher, day=self._open_day(voucher.day, voucher.reference))

    def _early(self) -> list[Transaction]:
        """Money of an earlier month than the first invoice, which is still to be made."""
        if self.posted.documents or not self.documents:
            return []
        proven = captured_payments(self.order, self.rules)
        moves = self.rules.locked_period is LockedPeriod.MOVE
        return in_other_months(self.documents[0].day, proven, self.locked_through if moves else None)

    def _settled(self) -> Allocation:
        """The money, with vouchers on open days."""
        posted = self._with_advances(self._early())
        advances = tuple(voucher for voucher in posted.vouchers if voucher.key not in self.posted.keys)
        settled = clear(self.order, self.rules, self.documents, posted, self.answers)
        settled = replace(settled, vouchers=(*advances, *settled.vouchers))
        vouchers = tuple(self._on_open_day(voucher) for voucher in settled.vouchers)
        return replace(settled, vouchers=vouchers)

    def _revoke(self) -> None:
        """An invoice that is not booked yet and not what the order is any more is cancelled, not corrected."""
        for document in self.posted.documents:
            booked = not self.rules.ledger.separate_booking or BookInvoice(document.key).key in self.posted.keys
            paid = any(payment.document == document.key for payment in self.posted.payments)
            if booked or paid:
                continue
            if self._is_locked_in(document) if document.credits else self._has_changed(document):
                self.steps.append(CancelInvoice(document.key))
                self.documents.remove(document)

    def _is_locked_in(self, document: CreateInvoice) -> bool:
        """Whether a credit note's day was locked before it could be booked, and the rule gives it another."""
        locked = self.locked_through is not None and document.day <= self.locked_through
        return locked and self._locked_rule(document.reference2) is LockedPeriod.MOVE

    def _locked_rule(self, reference: str) -> LockedPeriod:
        return self.answers.locked_period(reference, self.rules.locked_period)

    def _has_changed(self, document: CreateInvoice) -> bool:
        """Whether an edit took something away, or added what is to be invoiced now (paid, where that counts)."""
        ledger = CreditableLines(self.order.currency, [document])
        followed = follow(self.order, ledger, self._edits(), self.answers.totals, self._moved())
        has_removals = any(credit.cause.startswith(EDIT) for credit in followed.credits)
        added = followed.adds and len(self.posted.documents) == 1 and not document.part
        return has_removals or (added and self._may_supplement())

    def _moved(self) -> Places:
        """Where all is taxed now, if the order's address moved to where other VAT is due after it was invoiced."""
        if not has_moved(self.order, self.rules, self.posted.documents):
            return {}
        places = places_now(self._as_sold(), self.rules, self.answers.totals)
        if isinstance(places, list):
            self.findings += [place for place in places if place not in self.findings]
            return {}
        return places

    def _edits(self) -> int:
        """How many edits have made documents."""
        causes = {document.key.split(":")[1].split("#")[0] for document in self.posted.documents if ":" in document.key}
        return sum(cause.startswith(EDIT) for cause in causes)

    def _invoice(self) -> bool:
        """The order's first invoice; False where there is to be none."""
        if skip_reason(self.order, self.rules) or wait_reason(self.order, self.rules):
            return False
        invoicing = prepare(self._as_sold(), self.rules, self.answers.totals)
        if not isinstance(invoicing, Invoicing):
            self.findings += [*invoicing, *self._money_findings()]
            return False
        if not invoicing.rows.rows:
            self.findings.append(paid_too_much(self.order))  # money, and nothing that was sold for it
            return False
        for invoice in self._on_documents(self._whole(invoicing), MAIN):
            self._begin(invoicing, invoice)
        return True

    def _as_sold(self) -> Order:
        """Without the fees of its returns: they are agreed later, and have a document of their own."""
        return replace(self.order, return_fees=())

    def _whole(self, invoicing: Invoicing) -> CreateInvoice:
        """The order on one invoice, however many rows that makes."""
        proven = captured_payments(self.order, self.rules)
        prepaid = total((payment.pays for payment in proven), self.order.currency) >= self.order.total
        day = invoice_day(self.order, self.rules)
        whole = invoicing.invoice(MAIN, day, prepaid=bool(proven) and prepaid)
        # Fortnox refuses a payment dated before its invoice: the true day stands here (fortnox-api.md 4, 7).
        earlier = [payment for payment in proven if books_day(payment.processed_at) < day]
        paid = [
            say(
                "paid_on",
                whole.language,
                day=books_day(captured_payment.processed_at).isoformat(),
                amount=captured_payment.amount,
            )
            for captured_payment in earlier
        ]
        cards = [say("given_card", whole.language, amount=amount) for amount in self.order.given.values()]
        return replace(whole, text=" ".join([*([whole.text] if whole.text else []), *cards, *paid]))

    def _on_documents(self, whole: CreateInvoice, stem: str) -> list[CreateInvoice]:
        """An invoice on as many documents as Fortnox wants, each with a key of its own."""
        return self._keyed(parts_of(whole, self.rules.max_rows), stem)

    def _keyed(self, parts: list[CreateInvoice], stem: str) -> list[CreateInvoice]:
        keyed = zip(parts, free_keys(self.posted.taken, stem), strict=False)
        return [document if document.key == key else replace(document, key=key) for document, key in keyed]

    def _complete_parts(self) -> None:
        """Parts that were not sent before something stopped us: they belong to the invoice, and are no addition."""
        if not any(document.part for document in self.posted.documents):
            return
        invoicing = prepare(self._as_sold(), self.rules, self.answers.totals)
        if isinstance(invoicing, Invoicing):
            parts = parts_of(self._whole(invoicing), self.rules.max_rows)
            for part in self._keyed(missing_parts(self.documents, parts), MAIN):
                self._begin(invoicing, part)

    def _begin(self, invoicing: Invoicing, invoice: CreateInvoice) -> None:
        invoice, moved = on_open_day(invoice, self.locked_through, self.answers)
        self.notices += moved
        needed: list[Step] = [*invoicing.registers(invoice), invoicing.customer, *invoicing.articles(invoice)]
        if invoicing.lacks_address(invoice):
            self.notices.append(Finding("INVOICE_NOT_MAILED", invoice.reference1, {"order": invoice.reference1}))
        planned = {step.key for step in self.steps}
        self.steps += [step for step in needed if step.key not in planned]
        flow = self.rules.document_flow
        self.documents.append(of_order(invoice) if flow is DocumentFlow.ORDER_FIRST else invoice)

    def _money_findings(self) -> list[Finding]:
        """What is missing for the payments, reported together with what is missing for the invoice."""
        day = invoice_day(self.order, self.rules)
        payments = captured_payments(self.order, self.rules)
        return [
            voucher
            for voucher in (payment_of(each, self.rules, day) for each in payments)
            if isinstance(voucher, Finding)
        ]

    def _without_documents(self) -> Decision:
        if self.findings:
            return stopped(self.findings)
        if len(self.steps) > len(self.posted.steps):
            return Plan(self.order.name, self.rules.version, tuple(self.steps))  # what was started is cancelled
        skipped = skip_reason(self.order, self.rules)
        return Skipped(skipped) if skipped else Waiting(wait_reason(self.order, self.rules))

    def _credit(self, ledger: CreditableLines, credit: Credit) -> None:
        for invoice_key, rows in credit.rows.items():
            runs = fitting(rows, self.rules.max_rows)
            if any(sum(row.amount.minor for row in run) > 0 for run in runs):
                runs = [tuple(rows)]  # a run of what the shop kept alone would be no credit: pre-flight tells
            for run in runs:
                self._credit_note(ledger, credit, ledger.document(invoice_key), run)

    def _credit_note(
        self, ledger: CreditableLines, credit: Credit, invoice: CreateInvoice, rows: tuple[InvoiceRow, ...]
    ) -> None:
        linked = self.posted.linked | {
            document.credits: document.key for document in self.documents if document.is_linked_credit
        }
        key = credit_key(credit.cause, invoice.key, self.posted.keys | {document.key for document in self.documents})
        day = self._open_day(max(credit.day, invoice.day), credit.reference)
        is_linked = self.rules.ledger.credit_notes_are_drafts and linked.get(invoice.key, key) == key
        note = credit_note(ledger, invoice, key, rows, day=day, reference=credit.reference, linked=is_linked)
        if day != max(credit.day, invoice.day):
            concerns = say("concerns", note.language, day=credit.day.isoformat())
            note = replace(note, text=f"{note.text} {concerns}")
        self.documents.append(replace(note, given=tuple(self.order.given)))

    def _drop_unfilled_drafts(self) -> None:
        """Cancel what Fortnox made for a credit that nothing asks for any more: it would credit the whole invoice."""
        planned = {document.key for document in self.documents}
        self.steps += [CancelInvoice(draft.key) for draft in self.posted.unfilled_drafts if draft.credit not in planned]

    def _open_day(self, day: date, reference: str) -> date:
        """The day, or what the tenant's rule makes of one in a locked period."""
        if self.locked_through is None or day > self.locked_through:
            return day
        locked = {"date": day.isoformat(), "locked_until": self.locked_through.isoformat()}
        data = locked | {"document": reference}
        match self._locked_rule(reference):
            case LockedPeriod.MOVE:
                self.notices.append(Finding("CREDIT_MOVED_TO_OPEN_PERIOD", reference, data))
                return self.locked_through + timedelta(days=1)
            case LockedPeriod.WAIT:
                self.findings.append(Finding("FORTNOX_PERIOD_LOCKED", locked["locked_until"], locked))
            case LockedPeriod.ASK:
                self.findings.append(Finding("CREDIT_PERIOD_LOCKED", reference, data))
        return day

    def _may_supplement(self, *, in_exchange: bool = False) -> bool:
        """What an edit added is invoiced as the order was: when it is there, or when it is paid.

        Goods that are given in exchange are paid by those that came back: they are invoiced at once, and what they
        cost more stays open.
        """
        reason = wait_reason(self.order, self.rules)
        return not reason or (in_exchange and reason == NOT_PAID)

    def _has_credit(self) -> bool:
        """Whether the buyer has money with us for goods that were taken back and not paid out."""
        if not any(document.credits for document in self.documents):
            return False
        return self.order.kept > total((document.total for document in self.documents), self.order.currency)

    def _supplement(self, followed: AdjustmentPlan, ledger: CreditableLines) -> None:
        charged = replace(self.order, total=self.order.total + fees_of(self.order))
        invoicing = prepare(charged, self.rules, self.answers.totals)
        if not isinstance(invoicing, Invoicing):
            self.findings += invoicing
            return
        key = f"{MAIN}:{EDIT}{self._edits() + 1}"
        rows = [*invoicing.rows_of(followed.added), *([followed.difference] if followed.difference else [])]
        day = self._supplement_day(followed.added)
        invoice = invoicing.supplement(key, day, rows, prepaid=bool(self.order.money_in))
        is_delivery = trigger_of(self.order, self.rules) is Trigger.FULFILLED
        word = say("delivery" if is_delivery else "addition", invoice.language, order=invoice.reference1)
        text = f"{invoice.text} {word}".strip()
        for part in self._on_documents(replace(invoice, text=text), key):
            self._begin(invoicing, part)
            ledger.add(part)

    def _supplement_day(self, added: Iterable[str]) -> date:
        """The day of the money that came for it, or of the edit or return that added it."""
        if self.rules.invoice_day is InvoiceDay.DELIVERY and self.order.delivered_at:
            return max(self.documents[0].day, books_day(self.order.delivered_at))
        used = {payment.transaction_id for payment in self.posted.payments}
        used |= {voucher.money.transaction_id for voucher in self.posted.vouchers if voucher.money}
        new = [
            captured_payment
            for captured_payment in captured_payments(self.order, self.rules)
            if captured_payment.id not in used
        ]
        first = self.documents[0].day
        moments = [payment.processed_at for payment in new] if self.posted.payments else []
        fees = {f"{FEE_SOURCE}{fee.id}": fee.created_at for fee in self.order.return_fees}
        agreed = [fees.get(source, self.order.changed_at) for source in added]
        return max(first, books_day(max(moments, default=max(agreed, default=self.order.changed_at))))

    def _plan(self, settled: Allocation, receivable: int) -> Plan:
        done, new_payments = self.posted.keys, settled.payments
        own_first = {voucher.key: voucher for voucher in settled.vouchers}
        self.steps += [voucher for voucher in settled.vouchers if is_received(voucher)]
        for document in self.documents:
            own = [
                payment for payment in new_payments if payment.document == document.key and payment.role != "netting"
            ]
            steps: list[Step] = [*made_of(document), document, BookInvoice(document.key)]
            earlier = [payment for payment in self.posted.payments if payment.document == document.key]
            steps += [step for payment in (*earlier, *own) for step in _payment_steps(payment, own_first)]
            self.steps += [step for step in steps if step.key not in done]
        netting = [payment for payment in new_payments if payment.role == "netting"]
        self.steps += [
            step
            for new_payment in netting
            for step in (new_payment, BookPayment(new_payment.key, new_payment.document))
        ]
        payments = (*self.posted.payments, *new_payments)
        vouchers = (*own_vouchers(self.documents, payments, self.rules), *settled.vouchers)
        planned = done | {step.key for step in self.steps}
        self.steps += [
            voucher for voucher in vouchers if isinstance(voucher, CreateVoucher) and voucher.key not in planned
        ]
        self.steps += [
            MailInvoice(document.key)
            for document in self.documents
            if document.email and f"{document.key}:mail" not in done
        ]
        beyond = over_refund_findings(self.order, (*self.posted.vouchers, *settled.vouchers))
        confirm = [
            ConfirmSettled(document.key)
            for document in self.documents
            if leaves_write_off(document, payments, self.rules)
        ]
        self.steps += [step for step in confirm if step.key not in done]
        if not self.rules.ledger.separate_booking:
            self.steps = [step for step in self.steps if not isinstance(step, BookInvoice | BookPayment)]
        return Plan(
            order_name=self.order.name,
            rules_version=self.rules.version,
            steps=tuple(self.steps),
            vouchers=expected_vouchers(self.documents, payments, receivable),
            notices=notices_with(
                (*settled.notices, *beyond, *self.notices),
                notices_of(self.order, self.rules, self.documents),
                is_part_open=self.addition_waits,
            ),
        )


def _payment_steps(payment: PayInvoice, vouchers: Mapping[str, CreateVoucher]) -> list[Step]:
    """A payment and its booking; before one out of an advance, the voucher that takes the advance's VAT back."""
    back = vouchers.get(vat_key(payment))
    return [*([back] if back else []), payment, BookPayment(payment.key, payment.document)]
