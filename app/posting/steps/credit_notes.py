"""The step that has the ledger make the credit note that it links to an invoice."""

from __future__ import annotations

from dataclasses import dataclass

from app.posting.references import DocumentRef, Referenced


@dataclass(frozen=True, slots=True)
class MakeCredit(Referenced):
    """Fortnox makes the one credit note that it links to an invoice: unbooked, with all rows of the invoice.

    The next step replaces its content by what is really credited; until then it has no effect on any account.
    """

    original: DocumentRef
    """The invoice."""
    credit: DocumentRef
    """The document that the next step makes of it."""

    @property
    def ref(self) -> DocumentRef:
        """Names the step."""
        return self.credit.draft
