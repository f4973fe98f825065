"""Steps on article records."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EnsureArticle:
    """The article must exist before a row can name it."""

    number: str
    description: str
    account: int

    @property
    def key(self) -> str:
        """Key in the posting log."""
        return f"article:{self.number}"


@dataclass(frozen=True, slots=True)
class MoveArticle:
    """An article that we made follows its rate: the account on its record is what Fortnox proposes to people.

    No plan has it: it goes before the document, where the record says otherwise.
    """

    number: str
    account: int

    @property
    def key(self) -> str:
        """Key in the posting log."""
        return f"article:{self.number}:account:{self.account}"
