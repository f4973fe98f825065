"""Steps on article records."""

from __future__ import annotations

from dataclasses import dataclass

from app.posting.references import RecordRef, Referenced, Register


@dataclass(frozen=True, slots=True)
class EnsureArticle(Referenced):
    """The article must exist before a row can name it."""

    number: str
    description: str
    account: int

    @property
    def ref(self) -> RecordRef:
        """Names the step."""
        return RecordRef(Register.ARTICLE, self.number)


@dataclass(frozen=True, slots=True)
class MoveArticle(Referenced):
    """An article that we made follows its rate: the account on its record is what Fortnox proposes to people.

    No plan has it: it goes before the document, where the record says otherwise.
    """

    number: str
    account: int

    @property
    def ref(self) -> RecordRef:
        """Names the step."""
        return RecordRef(Register.ARTICLE, self.number, "account", str(self.account))
