"""What an order's refunds and edits ask for: credit notes and supplementary invoices.

Everything is a difference between what the shop says now and what the documents hold, source by source. So an event
that comes twice, late or in another order changes nothing, and goods that an edit took away and a refund names later
are credited once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import count
from types import MappingProxyType

from app.adjustments.amounts import came_back, missing_of_total, sold
from app.adjustments.credit_notes import (
    KEPT_SOURCE,
    PRICE_REDUCTION_SOURCE,
    ReturnedAmount,
    RowsByInvoice,
    difference_row,
    free_row,
    reduce_price,
    restocking_fee,
    take_back,
)
from app.adjustments.creditable_lines import CreditableLines
from app.invoicing.return_fees import fees_of
from app.invoicing.row_checks import ROUNDING_SOURCE, totals_disagree
from app.invoicing.rows import FOREIGN_VAT_SOURCE
from app.kit.money import Money, total
from app.model.finding import Finding
from app.model.order import Order, Refund, books_day, discrepancy_of, has_failed_money, money_of, refunds_to_book
from app.posting.documents import CreateInvoice, InvoiceRow
from app.posting.references import DocumentRef, Reason


def new_credit(reason: Reason, invoice: DocumentRef, taken: Collection[DocumentRef]) -> DocumentRef:
    """The next credit note of an invoice for a reason: it may have one already that cannot change any more."""
    candidates = (DocumentRef(reason, number, invoice) for number in count(1))
    return next(candidate for candidate in candidates if candidate not in taken)


@dataclass(slots=True)
class Credit:
    """What one reason credits, before it is made into documents."""

    reason: Reason
    day: date
    reference: str
    rows: RowsByInvoice = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AdjustmentPlan:
    """What the refunds and edits of an order ask for."""

    credits: tuple[Credit, ...]
    """Oldest first."""
    added: dict[str, Money]
    """Source → what was sold of it since the last invoice: for a supplementary invoice."""
    difference: InvoiceRow | None
    """A row of that invoice for what the shop's total has grown beyond its parts."""
    notices: tuple[Finding, ...]
    findings: tuple[Finding, ...]
    """What only a person can decide: nothing more of the order is booked before that."""
    lines: CreditableLines
    """What is left to credit after these credits."""

    @property
    def adds(self) -> bool:
        """Whether it asks for a supplementary invoice."""
        return bool(self.added or self.difference)


def plan_adjustments(
    order: Order,
    documents: Iterable[CreateInvoice],
    edits: int,
    totals: Mapping[str, int] = MappingProxyType({}),
    moved: Mapping[str, frozenset[tuple[int, Decimal]]] = MappingProxyType({}),
) -> AdjustmentPlan:
    """Compare an order with its documents.

    `edits` says how many edits have made documents already, `totals` is that of `Answers`, `moved` where an order is
    taxed now that is taxed otherwise in the books.
    """
    books = CreditableLines(order.currency, documents)
    adjusting = _Adjusting(order, books)
    adjusting.take_moved(moved, edits + 1)
    has_foreign_vat = any(source.startswith(FOREIGN_VAT_SOURCE) for source in moved) if moved else None
    now = sold(order, books, foreign_vat_rows=has_foreign_vat)
    refunds, waiting = refunds_to_book(order)
    surplus = adjusting.surplus(now, refunds)
    adjusting.expect_money(refunds)
    for refund in refunds:
        adjusting.take_goods(refund, surplus)
    added = adjusting.take_edits(surplus, edits + 1)
    difference = adjusting.take_difference(missing_of_total(order, now), totals, edits + 1)
    adjusting.reduce(refunds, added)
    notices = list(adjusting.notices)
    for refund in waiting:
        data = {"refund": refund.id, "shop_amount": str(refund.goods)}
        notices.append(Finding("REFUND_MONEY_PENDING", refund.id, data))
    made = (credit for credit in adjusting.credits.values() if any(credit.rows.values()))
    oldest_first = tuple(sorted(made, key=lambda document: document.day))
    return AdjustmentPlan(oldest_first, added, difference, tuple(notices), tuple(adjusting.findings), books)


def move_reductions(order: Order, lines: CreditableLines, supplements: Iterable[CreateInvoice]) -> Iterator[Credit]:
    """A reduction that an invoice had no room for when its goods came back lowers what is left elsewhere.

    Such goods were credited for what was left of the invoice; what is sold later, or stands on another invoice, is
    less by the rest, as the shop calculates it. `lines` are those of the `AdjustmentPlan`, `supplements` its invoices.
    """
    refunds, _waiting = refunds_to_book(order)
    books = lines.with_documents(supplements) if refunds else lines
    for refund in refunds:
        source = f"{KEPT_SOURCE}{refund.id}"
        beyond = books.left(source) - max(-discrepancy_of(refund, order), Money.zero(order.currency))
        rows = reduce_price(books, beyond, source) if beyond.minor > 0 else {}
        for invoice, group in rows.items():
            books.apply(invoice, group)
        yield Credit(Reason(refund.id), books_day(refund.created_at), f"R{refund.id}", rows)


def _less(now: Mapping[str, Money], invoices: Iterable[CreateInvoice]) -> dict[str, Money]:
    """Of what was sold by source, what no invoice ever had."""
    left = dict(now)
    for row in (row for invoice in invoices for row in invoice.rows):
        for source, units in row.by_source:
            if source in left:
                left[source] -= row.unit_price * units
    return {source: amount for source, amount in left.items() if amount.minor > 0}


class _Adjusting:
    """Works out the adjustments of one order, one kind after the other.

    `books` are its creditable lines: every credit that is found is applied to them, so that the next kind sees what is
    left. What follows only counts what the kinds must know of each other.
    """

    def __init__(self, order: Order, books: CreditableLines) -> None:
        self.order = order
        self.books = books
        self.zero = Money.zero(order.currency)
        self.credits: dict[Reason, Credit] = {}
        self.never_booked: dict[str, Money] = {refund.id: self.zero for refund in order.refunds}
        """Refund → value of what it took back and no invoice ever had (`_note_never_booked`)."""
        self.ore_back = dict(self.never_booked)
        """Refund → the part of that which is öre of the shop's rounding."""
        self.never_invoiced: dict[str, Money] = {}
        """Source → what was sold of it and no invoice ever had."""
        self.units_back: dict[str, int] = {}
        """Source → units that came back, of all refunds."""
        self.reduced_before = -total(
            (books.left(f"{PRICE_REDUCTION_SOURCE}{refund.id}") for refund in order.refunds), order.currency
        )
        """Price reductions that stand in the books and belong to no goods that came back later, as far as is known."""
        self.already_reduced: dict[str, Money] = {}
        """Refund → the price reduction that its goods had before they came back."""
        self.money_to_come = self.zero
        """Money without goods that no document has yet."""
        self.notices: list[Finding] = []
        self.findings: list[Finding] = []

    def surplus(self, now: Mapping[str, Money], refunds: Iterable[Refund]) -> dict[str, Money]:
        """Source → what the books hold above what the shop says is left of it; negative: something was added."""
        left = self.books.left_of_each()
        surplus = {source: left.get(source, self.zero) - amount for source, amount in now.items()}
        # Only a refund asks for it, and a large order has hundreds of rows to look through.
        self.never_invoiced = _less(now, self.books.invoices) if self.order.refunds else {}
        for refund in refunds:
            for returned in came_back(refund, self.books):
                surplus[returned.source] = surplus.get(returned.source, self.zero) + returned.gross
                self.units_back[returned.source] = self.units_back.get(returned.source, 0) + returned.quantity
        return surplus

    def take_goods(self, refund: Refund, surplus: dict[str, Money]) -> None:
        """Credit what came back, as far as it is not credited yet, less the restocking fee that the shop kept."""
        requested: list[ReturnedAmount] = []
        for returned in came_back(refund, self.books):
            unbooked = returned.gross - self._booked(refund, returned.source)
            # What is still to be invoiced of the source makes the surplus negative.
            amount = max(min(unbooked, surplus[returned.source]), self.zero)
            self._note_never_booked(refund, returned, unbooked - min(amount, self._creditable(returned.source)))
            if amount.minor > 0:
                requested.append(ReturnedAmount(returned.source, returned.quantity, amount))
                surplus[returned.source] -= amount
        rows = take_back(self.books, requested, "return")
        self.already_reduced[refund.id] = self._reduced_before_return(refund)
        fee = f"{KEPT_SOURCE}{refund.id}"
        kept = self.already_reduced[refund.id] - self._discrepancy(refund) - self.books.left(fee)
        if kept.minor > 0:
            rows = restocking_fee(self.books, rows, kept, fee)
        for invoice, group in rows.items():
            # Goods whose price was reduced before come back for what is left of it.
            beyond = -total((row.amount for row in group), self.order.currency) - self.books.net_of(invoice)
            if beyond.minor > 0:
                rows = rows | restocking_fee(self.books, {invoice: group}, beyond, fee)
        self._apply(Reason(refund.id), books_day(refund.created_at), f"R{refund.id}", self._with_free(refund, rows))

    def _with_free(self, refund: Refund, rows: RowsByInvoice) -> RowsByInvoice:
        """The credit rows with the free goods that came back with others: a credit note names all that returned."""
        result = {invoice: list(group) for invoice, group in rows.items()}
        for part in refund.parts:
            if part.gross or not part.quantity:
                continue
            left = part.quantity + self._units_booked(refund, part.source)
            for line in self.books.free_lines(part.source):
                units = min(left, line.quantity)
                if units > 0 and result.get(line.document):
                    result[line.document].append(free_row(line, units, self.books.document(line.document).language))
                    left -= units
        return result

    def _units_booked(self, refund: Refund, source: str) -> int:
        """Units of a source on this refund's credit notes; negative, as on the rows."""
        return sum(row.quantity for row in self._rows_of(refund) if row.source == source)

    def _rows_of(self, refund: Refund) -> Iterator[InvoiceRow]:
        """Rows of this refund's credit notes."""
        own = Reason(refund.id)
        notes = (document for document in self.books.documents if document.credits and document.ref.reason == own)
        yield from (row for note in notes for row in note.rows)

    def expect_money(self, refunds: Iterable[Refund]) -> None:
        """Money without goods that no document has yet: it pays for goods that came without money."""
        for refund in refunds:
            reduced = -self.books.left(f"{PRICE_REDUCTION_SOURCE}{refund.id}")
            self.money_to_come += max(self._extra(refund) - reduced, self.zero)

    def _reduced_before_return(self, refund: Refund) -> Money:
        """What was given for these goods before they came back: a price reduction of theirs, booked as such.

        Money first and goods later are one refund. Nothing is taken for it that other money pays, that failed, or that
        the shop records as a discrepancy.
        """
        if has_failed_money(refund, self.order):
            return self.zero
        unpaid = refund.goods + discrepancy_of(refund, self.order) - money_of(refund, self.order)
        reduced = max(min(self.reduced_before, unpaid - self.money_to_come), self.zero)
        self.reduced_before -= reduced
        return reduced

    def _extra(self, refund: Refund) -> Money:
        """What was paid back beyond the goods: a price reduction, no deduction."""
        discrepancy = self._discrepancy(refund)
        # Money for goods that no invoice ever had is no reduction of another's price; öre of goods sold together are.
        beyond = money_of(refund, self.order) - refund.goods + self.ore_back[refund.id]
        return self.zero if discrepancy.minor < 0 else max(discrepancy, beyond, self.zero)

    def _discrepancy(self, refund: Refund) -> Money:
        """The discrepancy of a refund, with the goods valued at what they were sold for."""
        discrepancy = discrepancy_of(refund, self.order)
        return min(discrepancy + self.never_booked[refund.id], self.zero) if discrepancy.minor < 0 else discrepancy

    def _note_never_booked(self, refund: Refund, returned: ReturnedAmount, beyond: Money) -> None:
        """Note the value of goods that came back and no invoice ever had: the shop records it as kept, wrongly.

        Goods that were taken back before they were invoiced (of an edit, or not delivered); and öre, where the shop
        rounds price and VAT of every refund by itself, so that goods have a higher value one by one than when they were
        sold together.
        """
        units = 2 * self.units_back.get(returned.source, 0)  # an öre of the price and one of its VAT
        goods = self.never_invoiced.get(returned.source, self.zero)
        if 0 < beyond.minor <= goods.minor + units:
            self.never_booked[refund.id] += beyond
            self.ore_back[refund.id] += max(beyond - goods, self.zero)

    def _creditable(self, source: str) -> Money:
        return total((line.gross for line in self.books.creditable(source)), self.order.currency)

    def _booked(self, refund: Refund, source: str) -> Money:
        """What credit notes of this refund took of a source already."""
        return -total((row.amount for row in self._rows_of(refund) if row.source == source), self.order.currency)

    def take_edits(self, surplus: dict[str, Money], number: int) -> dict[str, Money]:
        """Credit what edits took away; returns what they added."""
        removed = [self._in_units(source, amount) for source, amount in surplus.items() if amount.minor > 0]
        self._take_changed(removed, number)
        return {source: -amount for source, amount in surplus.items() if amount.minor < 0}

    def take_difference(self, missing: Money, totals: Mapping[str, int], number: int) -> InvoiceRow | None:
        """Bring the row between the shop's total and its parts to what lies between them now, as a person said.

        The question is always about all of it, so that one answer holds however the order came there. Where nothing
        lies between them any more, the row is taken back. Returns what a supplementary invoice adds.
        """
        change = missing - self.books.left(ROUNDING_SOURCE)  # what the tenant lets us round stands there too
        if abs(change).minor <= self.order.conversions:
            return None
        account = totals.get(str(missing)) if missing else self.books.account_of(ROUNDING_SOURCE)
        if account is not None and change.minor > 0:
            return difference_row(account, change, self.books.invoices[0].language)
        invoice = next(
            (candidate for candidate in self.books.invoices if self.books.net_of(candidate.ref) >= -change), None
        )
        if account is None or invoice is None:
            stated = self.order.total + fees_of(self.order)
            self.findings.append(totals_disagree(stated, stated - missing))
            return None
        rows = {invoice.ref: [difference_row(account, change, invoice.language)]}
        self._apply(Reason(edit=number), books_day(self.order.changed_at), f"E{number}", rows)
        return None

    def take_moved(self, places: Mapping[str, frozenset[tuple[int, Decimal]]], number: int) -> None:
        """Credit what is left of every source that is taxed otherwise now; it is invoiced again where it belongs."""
        wrong = {
            line.source
            for line in self.books.creditable()
            if line.source in places and (line.account, line.vat_percent) not in places[line.source]
        }
        if places:  # another state's VAT that is none any more goes with its goods
            foreign = {line.source for line in self.books.creditable() if line.source.startswith(FOREIGN_VAT_SOURCE)}
            wrong |= foreign - places.keys()
        sources = dict.fromkeys(line.source for line in self.books.creditable() if line.source in wrong)
        self._take_changed([self._in_units(source, self._creditable(source)) for source in sources], number)

    def _take_changed(self, removed: list[ReturnedAmount], number: int) -> None:
        rows = take_back(self.books, removed, "changed")
        for invoice, group in rows.items():
            taken = -total((row.amount for row in group), self.order.currency)
            left = self.books.net_of(invoice)
            if taken > left:
                data = {"shop_amount": str(taken), "books_amount": str(left)}
                self.findings.append(Finding("EDIT_AFTER_REDUCTION", Reason(edit=number).name, data))
        self._apply(Reason(edit=number), books_day(self.order.changed_at), f"E{number}", rows)

    def _in_units(self, source: str, gross: Money) -> ReturnedAmount:
        """In so many of the invoice's own units, where the amount is a whole number of them."""
        lines = self.books.creditable(source)
        if len(lines) == 1 and lines[0].quantity > 0:
            units, rest = divmod(gross.minor * lines[0].quantity, lines[0].gross.minor)
            return ReturnedAmount(source, units if not rest else 1, gross)
        return ReturnedAmount(source, 1, gross)

    def reduce(self, refunds: Iterable[Refund], added: dict[str, Money]) -> None:
        """Money without goods first pays what the shop owes the buyer anyway; the rest is a price reduction."""
        balance = self._customer_balance(refunds, added)
        for refund in refunds:
            source = f"{PRICE_REDUCTION_SOURCE}{refund.id}"
            extra = self._extra(refund)
            reduced = -self.books.left(source)
            pays = min(balance, extra - reduced)
            balance -= pays
            price_reduction = extra - reduced - pays
            if price_reduction.minor > 0:
                rows = reduce_price(self.books, price_reduction, source)
                self._apply(Reason(refund.id), books_day(refund.created_at), f"R{refund.id}", rows)
                self._note_excess(refund, price_reduction, rows)

    def _customer_balance(self, refunds: Iterable[Refund], added: dict[str, Money]) -> Money:
        """The customer balance: credited without money (edits, goods back, money that failed), or paid too much.

        Less what unpaid additions use of it. An order that an edit lowered before its invoice was paid too much.
        """
        edits = (document for document in self.books.documents if document.credits and document.ref.reason.edit)
        balance = -total((edit.total for edit in edits), self.order.currency)
        balance -= total(
            (
                row.amount
                for credit in self.credits.values() if credit.reason.edit
                for group in credit.rows.values()
                for row in group
            ),
            balance.currency,
        )  # fmt: skip
        for refund in refunds:
            back = refund.goods + discrepancy_of(refund, self.order) - self.already_reduced.get(refund.id, self.zero)
            balance += max(back - money_of(refund, self.order) - self.never_booked[refund.id], self.zero)
        invoiced = total((invoice.total for invoice in self.books.invoices), balance.currency)
        invoiced += total(added.values(), balance.currency)
        invoiced += self.order.awaiting or self.zero  # money that came for goods still to be delivered is not too much
        return max(balance - (invoiced - self.order.received), self.zero)

    def _note_excess(self, refund: Refund, price_reduction: Money, rows: RowsByInvoice) -> None:
        reduced = -total((row.amount for group in rows.values() for row in group), price_reduction.currency)
        if reduced < price_reduction:
            data = {"refund": refund.id, "shop_amount": str(price_reduction), "books_amount": str(reduced)}
            self.notices.append(Finding("REFUND_EXCEEDS_INVOICE", refund.id, data))

    def _apply(self, reason: Reason, day: date, reference: str, rows: RowsByInvoice) -> None:
        credit = self.credits.setdefault(reason, Credit(reason, day, reference))
        for invoice, group in rows.items():
            if not sum(row.amount.minor for row in group):
                continue  # the shop kept the whole value of what came back: there is nothing to credit
            self.books.apply(invoice, group)
            credit.rows.setdefault(invoice, []).extend(group)
