"""The creditable lines of one order: every row of every posted document by its source, and what is left of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from app.kit.money import Money, total
from app.posting.documents import CreateInvoice, InvoiceRow
from app.posting.references import DocumentRef, StepRef
from app.posting.steps import CancelInvoice, CreateOrder, MakeCredit, PayInvoice, Step
from app.posting.vouchers import CreateVoucher


@dataclass(frozen=True, slots=True)
class PostedDocuments:
    """The posted documents of an order, by the posting log. Their content is fixed."""

    steps: tuple[Step, ...] = ()
    """The steps that are done, with the content that was sent, in the order of the posting log."""

    @property
    def refs(self) -> frozenset[StepRef]:
        """The steps that are done, by name."""
        return frozenset(step.ref for step in self.steps)

    @property
    def documents(self) -> tuple[CreateInvoice, ...]:
        """Documents that stand in the books: a cancelled one does not."""
        cancelled = self.cancelled
        made = (step for step in self.steps if isinstance(step, CreateInvoice))
        return tuple(step for step in made if step.ref not in cancelled)

    @property
    def ordered(self) -> tuple[CreateInvoice, ...]:
        """Invoices whose Fortnox order stands and that are not made yet: their content is fixed all the same."""
        refs, cancelled = self.refs, self.cancelled
        orders = (step for step in self.steps if isinstance(step, CreateOrder) and step.ref not in cancelled)
        return tuple(step.invoice for step in orders if step.document not in refs)

    @property
    def cancelled(self) -> frozenset[DocumentRef]:
        """Documents, orders and drafts that were cancelled."""
        return frozenset(step.document for step in self.steps if isinstance(step, CancelInvoice))

    @property
    def is_started(self) -> bool:
        """Whether a document of the order stands in the ledger, or the Fortnox order that one is made of."""
        return bool(self.documents or self.ordered)

    @property
    def taken(self) -> frozenset[DocumentRef]:
        """Names that no new document may have: also those of orders and drafts that came to nothing."""
        documents = {step.ref for step in self.steps if isinstance(step, CreateInvoice)}
        documents |= {step.document for step in self.steps if isinstance(step, CreateOrder)}
        drafts = {step.document.document for step in self.steps if isinstance(step, CancelInvoice)}
        return frozenset(documents | drafts)

    @property
    def payments(self) -> tuple[PayInvoice, ...]:
        """Payments that stand in the books."""
        return tuple(step for step in self.steps if isinstance(step, PayInvoice))

    @property
    def vouchers(self) -> tuple[CreateVoucher, ...]:
        """Vouchers of our own that stand in the books."""
        return tuple(step for step in self.steps if isinstance(step, CreateVoucher))

    @property
    def linked(self) -> dict[DocumentRef, DocumentRef]:
        """Invoice → the credit note that has Fortnox's one link to it (fortnox-api.md 4, 1)."""
        return {step.original: step.credit for step in self.steps if isinstance(step, MakeCredit)}

    @property
    def unfilled_drafts(self) -> tuple[MakeCredit, ...]:
        """Credit notes that Fortnox made and that got no content: each still has all rows of its invoice."""
        refs, cancelled = self.refs, self.cancelled
        made = (step for step in self.steps if isinstance(step, MakeCredit) and step.credit not in refs)
        return tuple(step for step in made if step.ref not in cancelled)


NOTHING_POSTED = PostedDocuments()
"""An order of which nothing is posted."""


Place = tuple[DocumentRef, str, int, Decimal]
"""Document, source, account and VAT rate of a line."""


class CreditableLine(NamedTuple):
    """What is left of one source in one invoice on one account at one rate: a credit takes from it, never more."""

    document: DocumentRef
    source: str
    account: int
    role: str
    vat_percent: Decimal
    description: str
    article_number: str | None
    quantity: int
    gross: Money
    """VAT included."""
    cost_center: str = ""
    project: str = ""

    @property
    def place(self) -> Place:
        """What tells it from other lines."""
        return self.document, self.source, self.account, self.vat_percent


class CreditableLines:
    """The documents of one order, and rows of planned ones, added one by one while a plan is made."""

    def __init__(self, currency: str, documents: Iterable[CreateInvoice] = ()) -> None:
        self.currency = currency
        self._documents: dict[DocumentRef, CreateInvoice] = {}
        self._lines: dict[Place, CreditableLine] = {}
        self._places: dict[str, list[Place]] = {}
        for document in documents:
            self.add(document)

    def with_documents(self, documents: Iterable[CreateInvoice]) -> CreditableLines:
        """These lines and more documents'; this object stays as it is."""
        lines = self._copy()
        for document in documents:
            lines.add(document)
        return lines

    def with_rows(self, rows: Mapping[DocumentRef, Iterable[InvoiceRow]]) -> CreditableLines:
        """These lines less credit rows of invoices; this object stays as it is."""
        if not rows:
            return self
        lines = self._copy()
        for invoice, group in rows.items():
            lines.apply(invoice, group)
        return lines

    def _copy(self) -> CreditableLines:
        lines = CreditableLines(self.currency)
        lines._documents = dict(self._documents)
        lines._lines = dict(self._lines)
        lines._places = {source: list(places) for source, places in self._places.items()}
        return lines

    def add(self, document: CreateInvoice) -> None:
        """One more document. A credit note lowers the lines of the invoice that it credits."""
        self._documents[document.ref] = document
        self.apply(document.credits or document.ref, document.rows)

    def apply(self, invoice: DocumentRef, rows: Iterable[InvoiceRow]) -> None:
        """Rows of an invoice, or of a credit note of it."""
        for row in rows:
            for source, units in row.by_source:
                self._apply_units(invoice, row, source, units)

    def _apply_units(self, invoice: DocumentRef, row: InvoiceRow, source: str, units: int) -> None:
        place = (invoice, source, row.account, row.vat_percent)
        gross = row.unit_price * units
        known = self._lines.get(place)
        if known is None:
            self._places.setdefault(source, []).append(place)
            self._lines[place] = CreditableLine(
                invoice, source, row.account, row.role, row.vat_percent, row.description, row.article_number, units,
                gross, row.cost_center, row.project,
            )  # fmt: skip
        else:
            self._lines[place] = known._replace(quantity=known.quantity + units, gross=known.gross + gross)

    @property
    def documents(self) -> tuple[CreateInvoice, ...]:
        """All documents, oldest first."""
        return tuple(self._documents.values())

    @property
    def invoices(self) -> tuple[CreateInvoice, ...]:
        """Without credit notes."""
        return tuple(document for document in self.documents if not document.credits)

    def document(self, ref: DocumentRef) -> CreateInvoice:
        """One document."""
        return self._documents[ref]

    def creditable(self, source: str | None = None) -> list[CreditableLine]:
        """What can still be credited (of one source), in the order of the documents and their rows."""
        places = self._lines if source is None else self._places.get(source, ())
        return [line for line in (self._lines[place] for place in places) if line.gross.minor > 0]

    def free_lines(self, source: str) -> list[CreditableLine]:
        """Goods of one source that cost nothing and did not come back yet."""
        places = self._places.get(source, ())
        lines = (self._lines[place] for place in places)
        return [line for line in lines if not line.gross and line.quantity > 0 and line.role != "rounding"]

    def left_of_each(self) -> dict[str, Money]:
        """Source → what is left of it, as `left` says of one."""
        left: dict[str, Money] = {}
        for line in self._lines.values():
            source = line.source
            left[source] = left[source] + line.gross if source in left else line.gross
        return left

    def left(self, source: str) -> Money:
        """What is booked of a source, less its credits; negative where more was credited than sold."""
        return self._sum(self._lines[place] for place in self._places.get(source, ()))

    def account_of(self, source: str) -> int | None:
        """The account that a source was booked on last."""
        accounts = [self._lines[place].account for place in self._places.get(source, ())]
        return accounts[-1] if accounts else None

    def sources(self) -> list[str]:
        """All sources that any document has a row of."""
        return list(dict.fromkeys(line.source for line in self._lines.values()))

    def net_of(self, invoice: DocumentRef, rate: Decimal | None = None) -> Money:
        """An invoice less its credit notes (at one rate): never below nothing."""
        own = (line for line in self._lines.values() if line.document == invoice)
        return self._sum(line for line in own if rate is None or line.vat_percent == rate)

    def _sum(self, lines: Iterable[CreditableLine]) -> Money:
        return total((line.gross for line in lines), self.currency)
