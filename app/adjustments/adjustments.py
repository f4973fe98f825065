"""What an order's refunds and edits ask for: credit notes and supplementary invoices.

Everything is a difference between what the shop says now and what the documents hold, source by source. So an event
that comes twice, late or in another order changes nothing, and goods that an edit took away and a refund names later
are credited once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    take_back,
    with_kept_amount,
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


@dataclass(frozen=True, slots=True)
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
    number = edits + 1
    state = _take_moved(order, _start(order, CreditableLines(order.currency, documents)), moved, number)
    has_foreign_vat = any(source.startswith(FOREIGN_VAT_SOURCE) for source in moved) if moved else None
    now = sold(order, state.books, foreign_vat_rows=has_foreign_vat)
    refunds, waiting = refunds_to_book(order)
    case = _case(order, state.books, now, refunds)
    state = replace(state, surplus=_surplus(state.books, now, refunds, case.zero))
    state = replace(state, money_to_come=_money_to_come(case, state, refunds))
    for refund in refunds:
        state = _take_goods(case, state, refund)
    added = {source: -amount for source, amount in state.surplus.items() if amount.minor < 0}
    removed = [_in_units(state.books, source, left) for source, left in state.surplus.items() if left.minor > 0]
    state = _take_changed(order, state, removed, number)
    state, difference = _take_difference(case, state, missing_of_total(order, now), totals, number)
    state = _reduce(case, state, refunds, added)
    pending = [
        Finding("REFUND_MONEY_PENDING", refund.id, {"refund": refund.id, "shop_amount": str(refund.goods)})
        for refund in waiting
    ]
    made = (credit for credit in state.credits.values() if any(credit.rows.values()))
    oldest_first = tuple(sorted(made, key=lambda document: document.day))
    return AdjustmentPlan(oldest_first, added, difference, (*state.notices, *pending), state.findings, state.books)


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


@dataclass(frozen=True, slots=True)
class _Case:
    """What does not change while the adjustments of one order are worked out."""

    order: Order
    never_invoiced: Mapping[str, Money]
    """Source → what was sold of it and no invoice ever had."""
    units_back: Mapping[str, int]
    """Source → units that came back, of all refunds."""

    @property
    def zero(self) -> Money:
        """In the order's currency."""
        return Money.zero(self.order.currency)


@dataclass(frozen=True, slots=True)
class _State:
    """The adjustments in the making. Every credit is applied to the books, so that the next kind sees the rest."""

    books: CreditableLines
    """The order's creditable lines."""
    never_booked: Mapping[str, Money]
    """Refund → value of what it took back and no invoice ever had (`_note_never_booked`)."""
    ore_back: Mapping[str, Money]
    """Refund → the part of that which is öre of the shop's rounding."""
    reduced_before: Money
    """Price reductions that stand in the books and belong to no goods that came back later, as far as is known."""
    money_to_come: Money
    """Money without goods that no document has yet."""
    surplus: Mapping[str, Money] = field(default_factory=dict)
    """Source → what the books hold above what the shop says is left of it; negative: something was added."""
    already_reduced: Mapping[str, Money] = field(default_factory=dict)
    """Refund → the price reduction that its goods had before they came back."""
    credits: Mapping[Reason, Credit] = field(default_factory=dict)
    notices: tuple[Finding, ...] = ()
    findings: tuple[Finding, ...] = ()

    def credited(self, reason: Reason, day: date, reference: str, rows: RowsByInvoice) -> _State:
        """With these rows credited, of every invoice of which they credit anything."""
        credit = self.credits.get(reason) or Credit(reason, day, reference)
        # Where the shop kept the whole value of what came back there is nothing to credit.
        effective = {invoice: group for invoice, group in rows.items() if sum(row.amount.minor for row in group)}
        all_rows = {**credit.rows, **{key: [*credit.rows.get(key, ()), *group] for key, group in effective.items()}}
        credited = {**self.credits, reason: replace(credit, rows=all_rows)}
        return replace(self, books=self.books.with_rows(effective), credits=credited)


def _start(order: Order, books: CreditableLines) -> _State:
    zero = Money.zero(order.currency)
    nothing = {refund.id: zero for refund in order.refunds}
    reduced = -total((books.left(f"{PRICE_REDUCTION_SOURCE}{refund.id}") for refund in order.refunds), order.currency)
    return _State(books, nothing, nothing, reduced, zero)


def _case(order: Order, books: CreditableLines, now: Mapping[str, Money], refunds: Iterable[Refund]) -> _Case:
    """`now`: what is sold of each source, as the shop says."""
    units_back: dict[str, int] = {}
    for returned in (returned for refund in refunds for returned in came_back(refund, books)):
        units_back[returned.source] = units_back.get(returned.source, 0) + returned.quantity
    # Only a refund asks for it, and a large order has hundreds of rows to look through.
    return _Case(order, _less(now, books.invoices) if order.refunds else {}, units_back)


def _surplus(
    books: CreditableLines, now: Mapping[str, Money], refunds: Iterable[Refund], zero: Money
) -> dict[str, Money]:
    left = books.left_of_each()
    surplus = {source: left.get(source, zero) - amount for source, amount in now.items()}
    for returned in (returned for refund in refunds for returned in came_back(refund, books)):
        surplus[returned.source] = surplus.get(returned.source, zero) + returned.gross
    return surplus


def _take_goods(case: _Case, state: _State, refund: Refund) -> _State:
    """Credit what came back, as far as it is not credited yet, less the restocking fee that the shop kept."""
    requested: list[ReturnedAmount] = []
    surplus = dict(state.surplus)
    for returned in came_back(refund, state.books):
        unbooked = returned.gross - _booked(state.books, refund, returned.source)
        # What is still to be invoiced of the source makes the surplus negative.
        amount = max(min(unbooked, surplus[returned.source]), case.zero)
        beyond = unbooked - min(amount, _creditable(state.books, returned.source))
        state = _note_never_booked(case, state, refund, returned.source, beyond)
        if amount.minor > 0:
            requested.append(ReturnedAmount(returned.source, returned.quantity, amount))
            surplus[returned.source] -= amount
    rows = take_back(state.books, requested, "return")
    reduced = _reduced_before_return(case, state, refund)
    fee = f"{KEPT_SOURCE}{refund.id}"
    kept = reduced - _discrepancy(case, state, refund) - state.books.left(fee)
    if kept.minor > 0:
        rows = with_kept_amount(state.books, rows, kept, fee)
    for invoice, group in rows.items():
        # Goods whose price was reduced before come back for what is left of it.
        beyond = -total((row.amount for row in group), case.order.currency) - state.books.net_of(invoice)
        if beyond.minor > 0:
            rows = rows | with_kept_amount(state.books, {invoice: group}, beyond, fee)
    state = replace(
        state,
        surplus=surplus,
        reduced_before=state.reduced_before - reduced,
        already_reduced={**state.already_reduced, refund.id: reduced},
    )
    rows = _with_free(state.books, refund, rows)
    return state.credited(Reason(refund.id), books_day(refund.created_at), f"R{refund.id}", rows)


def _with_free(books: CreditableLines, refund: Refund, rows: RowsByInvoice) -> RowsByInvoice:
    """The credit rows with the free goods that came back with others: a credit note names all that returned."""
    result = {invoice: list(group) for invoice, group in rows.items()}
    for part in refund.parts:
        if part.gross or not part.quantity:
            continue
        # Units on this refund's credit notes are negative, as on the rows.
        booked = sum(row.quantity for row in _rows_of(books, refund) if row.source == part.source)
        left = part.quantity + booked
        for line in books.free_lines(part.source):
            units = min(left, line.quantity)
            if units > 0 and result.get(line.document):
                result[line.document].append(free_row(line, units, books.document(line.document).language))
                left -= units
    return result


def _rows_of(books: CreditableLines, refund: Refund) -> Iterator[InvoiceRow]:
    """Rows of this refund's credit notes."""
    own = Reason(refund.id)
    notes = (document for document in books.documents if document.credits and document.ref.reason == own)
    yield from (row for note in notes for row in note.rows)


def _money_to_come(case: _Case, state: _State, refunds: Iterable[Refund]) -> Money:
    """Money without goods that no document has yet: it pays for goods that came without money."""
    to_come = state.money_to_come
    for refund in refunds:
        reduced = -state.books.left(f"{PRICE_REDUCTION_SOURCE}{refund.id}")
        to_come += max(_extra(case, state, refund) - reduced, case.zero)
    return to_come


def _reduced_before_return(case: _Case, state: _State, refund: Refund) -> Money:
    """What was given for these goods before they came back: a price reduction of theirs, booked as such.

    Money first and goods later are one refund. Nothing is taken for it that other money pays, that failed, or that
    the shop records as a discrepancy.
    """
    if has_failed_money(refund, case.order):
        return case.zero
    unpaid = refund.goods + discrepancy_of(refund, case.order) - money_of(refund, case.order)
    return max(min(state.reduced_before, unpaid - state.money_to_come), case.zero)


def _extra(case: _Case, state: _State, refund: Refund) -> Money:
    """What was paid back beyond the goods: a price reduction, no deduction."""
    discrepancy = _discrepancy(case, state, refund)
    # Money for goods that no invoice ever had is no reduction of another's price; öre of goods sold together are.
    beyond = money_of(refund, case.order) - refund.goods + state.ore_back[refund.id]
    return case.zero if discrepancy.minor < 0 else max(discrepancy, beyond, case.zero)


def _discrepancy(case: _Case, state: _State, refund: Refund) -> Money:
    """The discrepancy of a refund, with the goods valued at what they were sold for."""
    discrepancy = discrepancy_of(refund, case.order)
    return min(discrepancy + state.never_booked[refund.id], case.zero) if discrepancy.minor < 0 else discrepancy


def _note_never_booked(case: _Case, state: _State, refund: Refund, source: str, beyond: Money) -> _State:
    """Note the value of goods that came back and no invoice ever had: the shop records it as kept, wrongly.

    Goods that were taken back before they were invoiced (of an edit, or not delivered); and öre, where the shop
    rounds price and VAT of every refund by itself, so that goods have a higher value one by one than when they were
    sold together.
    """
    units = 2 * case.units_back.get(source, 0)  # an öre of the price and one of its VAT
    goods = case.never_invoiced.get(source, case.zero)
    if not 0 < beyond.minor <= goods.minor + units:
        return state
    ore = max(beyond - goods, case.zero)
    return replace(
        state,
        never_booked={**state.never_booked, refund.id: state.never_booked[refund.id] + beyond},
        ore_back={**state.ore_back, refund.id: state.ore_back[refund.id] + ore},
    )


def _creditable(books: CreditableLines, source: str) -> Money:
    return total((line.gross for line in books.creditable(source)), books.currency)


def _booked(books: CreditableLines, refund: Refund, source: str) -> Money:
    """What credit notes of this refund took of a source already."""
    return -total((row.amount for row in _rows_of(books, refund) if row.source == source), books.currency)


def _take_difference(
    case: _Case, state: _State, missing: Money, totals: Mapping[str, int], number: int
) -> tuple[_State, InvoiceRow | None]:
    """Bring the row between the shop's total and its parts to what lies between them now, as a person said.

    The question is always about all of it, so that one answer holds however the order came there. Where nothing
    lies between them any more, the row is taken back. Also what a supplementary invoice adds.
    """
    order, books = case.order, state.books
    change = missing - books.left(ROUNDING_SOURCE)  # what the tenant lets us round stands there too
    if abs(change).minor <= order.conversions:
        return state, None
    account = totals.get(str(missing)) if missing else books.account_of(ROUNDING_SOURCE)
    if account is not None and change.minor > 0:
        return state, difference_row(account, change, books.invoices[0].language)
    invoice = next((candidate for candidate in books.invoices if books.net_of(candidate.ref) >= -change), None)
    if account is None or invoice is None:
        stated = order.total + fees_of(order)
        return replace(state, findings=(*state.findings, totals_disagree(stated, stated - missing))), None
    rows = {invoice.ref: [difference_row(account, change, invoice.language)]}
    return state.credited(Reason(edit=number), books_day(order.changed_at), f"E{number}", rows), None


def _take_moved(
    order: Order, state: _State, places: Mapping[str, frozenset[tuple[int, Decimal]]], number: int
) -> _State:
    """Credit what is left of every source that is taxed otherwise now; it is invoiced again where it belongs."""
    creditable = state.books.creditable()
    wrong = {
        line.source
        for line in creditable
        if line.source in places and (line.account, line.vat_percent) not in places[line.source]
    }
    if places:  # another state's VAT that is none any more goes with its goods
        foreign = {line.source for line in creditable if line.source.startswith(FOREIGN_VAT_SOURCE)}
        wrong |= foreign - places.keys()
    sources = dict.fromkeys(line.source for line in creditable if line.source in wrong)
    removed = [_in_units(state.books, source, _creditable(state.books, source)) for source in sources]
    return _take_changed(order, state, removed, number)


def _take_changed(order: Order, state: _State, removed: list[ReturnedAmount], number: int) -> _State:
    """Credit what edits took away."""
    reason = Reason(edit=number)
    rows = take_back(state.books, removed, "changed")
    for invoice, group in rows.items():
        taken = -total((row.amount for row in group), order.currency)
        left = state.books.net_of(invoice)
        if taken > left:
            data = {"shop_amount": str(taken), "books_amount": str(left)}
            finding = Finding("EDIT_AFTER_REDUCTION", reason.name, data)
            state = replace(state, findings=(*state.findings, finding))
    return state.credited(reason, books_day(order.changed_at), f"E{number}", rows)


def _in_units(books: CreditableLines, source: str, gross: Money) -> ReturnedAmount:
    """In so many of the invoice's own units, where the amount is a whole number of them."""
    lines = books.creditable(source)
    if len(lines) == 1 and lines[0].quantity > 0:
        units, rest = divmod(gross.minor * lines[0].quantity, lines[0].gross.minor)
        return ReturnedAmount(source, units if not rest else 1, gross)
    return ReturnedAmount(source, 1, gross)


def _reduce(case: _Case, state: _State, refunds: Sequence[Refund], added: Mapping[str, Money]) -> _State:
    """Money without goods first pays what the shop owes the buyer anyway; the rest is a price reduction."""
    balance = _customer_balance(case, state, refunds, added)
    for refund in refunds:
        source = f"{PRICE_REDUCTION_SOURCE}{refund.id}"
        extra = _extra(case, state, refund)
        reduced = -state.books.left(source)
        pays = min(balance, extra - reduced)
        balance -= pays
        price_reduction = extra - reduced - pays
        if price_reduction.minor > 0:
            rows = reduce_price(state.books, price_reduction, source)
            state = state.credited(Reason(refund.id), books_day(refund.created_at), f"R{refund.id}", rows)
            state = replace(state, notices=(*state.notices, *_excess(refund, price_reduction, rows)))
    return state


def _customer_balance(case: _Case, state: _State, refunds: Iterable[Refund], added: Mapping[str, Money]) -> Money:
    """The customer balance: credited without money (edits, goods back, money that failed), or paid too much.

    Less what unpaid additions use of it. An order that an edit lowered before its invoice was paid too much.
    """
    order = case.order
    edits = (document for document in state.books.documents if document.credits and document.ref.reason.edit)
    balance = -total((edit.total for edit in edits), order.currency)
    new = (credit for credit in state.credits.values() if credit.reason.edit)
    balance -= total((row.amount for credit in new for group in credit.rows.values() for row in group), order.currency)
    for refund in refunds:
        back = refund.goods + discrepancy_of(refund, order) - state.already_reduced.get(refund.id, case.zero)
        balance += max(back - money_of(refund, order) - state.never_booked[refund.id], case.zero)
    invoiced = total((invoice.total for invoice in state.books.invoices), balance.currency)
    invoiced += total(added.values(), balance.currency)
    invoiced += order.awaiting or case.zero  # money that came for goods still to be delivered is not too much
    return max(balance - (invoiced - order.received), case.zero)


def _excess(refund: Refund, price_reduction: Money, rows: RowsByInvoice) -> Iterator[Finding]:
    reduced = -total((row.amount for group in rows.values() for row in group), price_reduction.currency)
    if reduced < price_reduction:
        data = {"refund": refund.id, "shop_amount": str(price_reduction), "books_amount": str(reduced)}
        yield Finding("REFUND_EXCEEDS_INVOICE", refund.id, data)
