"""What one entry of the catalogue holds.

A finding in the database keeps only a code and its values (`{"currency": "NOK"}`); the sentence is made here when a
person looks, in the person's language. So a better sentence reaches findings that were made long ago.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

Language = Literal["sv", "en"]

PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
"""The only form a placeholder may have: no attribute access or format specification can hide in a text."""

UNKNOWN_VALUE = "…"
"""Stands where a finding does not carry the value (an older finding, or a group whose members differ)."""


class UnknownCodeError(LookupError):
    """A code that the catalogue does not hold: a fault of ours, never of the data."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(f"the catalogue has no code {code!r}")


class Actor(StrEnum):
    """Who must act before the finding goes away."""

    MERCHANT = "merchant"
    BOOKKEEPER = "bookkeeper"
    OPERATOR = "operator"
    NOBODY_WAIT = "nobody_wait"


class Severity(StrEnum):
    """Whether the order stands still."""

    BLOCKER = "blocker"
    NOTICE = "notice"


class Repair(StrEnum):
    """How far Bokbro can fix it: by itself, when asked, only a person, or only in the shop."""

    ALONE = "alone"
    WITH_CONSENT = "with_consent"
    BY_PERSON = "by_person"
    IN_SHOP = "in_shop"


class MasterDataKind(StrEnum):
    """The register in Fortnox whose refresh can release the finding."""

    CURRENCIES = "currencies"
    ACCOUNTS = "accounts"
    FINANCIAL_YEARS = "financialyears"
    LOCKED_PERIOD = "lockedperiod"
    WAYS_OF_DELIVERY = "wayofdeliveries"
    COST_CENTERS = "costcenters"
    TERMS_OF_PAYMENT = "termsofpayments"
    MODES_OF_PAYMENT = "modesofpayments"
    ARTICLES = "articles"
    CUSTOMERS = "customers"
    INVOICES = "invoices"
    VAT = "vat"
    RIGHTS = "rights"
    """What the connection may do in each area of Fortnox: its scopes, the company's licences, the user's rights."""
    CONNECTION = "connection"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class RefusalRule:
    """One way a ledger words this finding. Every part that is given must fit.

    `number` is its error number, `messages` are alternatives of which one must be found in the message (Swedish
    or English, without regard to case), `status` is the HTTP status. A number without messages is trusted alone only
    where no other meaning of it is known: 2000637, for example, is seen both for a taken number and an empty name.
    """

    number: int | None = None
    messages: tuple[re.Pattern[str], ...] = ()
    status: int | None = None

    @property
    def weight(self) -> int:
        """How much a fit says: number and words beat words, words beat a number, a number beats a status."""
        return (
            4 * bool(self.number and self.messages)
            + 3 * bool(self.messages)
            + 2 * bool(self.number)
            + bool(self.status)
        )

    def fits(self, number: int | None, message: str, status: int | None) -> bool:
        """Tell whether an answer has every part that this rule names."""
        return (
            (self.number is None or self.number == number)
            and (self.status is None or self.status == status)
            and (not self.messages or any(pattern.search(message) for pattern in self.messages))
        )


Words = Mapping[str, Mapping[str, str]]
"""Placeholder → value of a finding → how it is said, for values that are one of a few."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One code: who acts, the sentence and the remedy in both languages, and how it is found, matched and released."""

    code: str
    actor: Actor
    severity: Severity
    repair: Repair
    register: MasterDataKind
    detected: str
    text_sv: str
    text_en: str
    remedy_sv: str
    remedy_en: str
    words_sv: Words = field(default_factory=dict)
    words_en: Words = field(default_factory=dict)
    refusals: Mapping[str, tuple[RefusalRule, ...]] = field(default_factory=dict)
    """Ledger → how it words the finding."""

    @property
    def placeholders(self) -> frozenset[str]:
        """The values that a finding with this code should carry."""
        return frozenset(PLACEHOLDER.findall(self.text_sv) + PLACEHOLDER.findall(self.remedy_sv))

    def text(self, language: Language, values: Mapping[str, object] | None = None) -> str:
        """Say what happened, in one plain sentence; a value the finding lacks shows as an ellipsis."""
        return self._filled(self.text_sv if language == "sv" else self.text_en, language, values or {})

    def remedy(self, language: Language, values: Mapping[str, object] | None = None) -> str:
        """Say what to do about it and where."""
        return self._filled(self.remedy_sv if language == "sv" else self.remedy_en, language, values or {})

    def _filled(self, template: str, language: Language, values: Mapping[str, object]) -> str:
        words = self.words_sv if language == "sv" else self.words_en

        def shown(match: re.Match[str]) -> str:
            value = str(values.get(match[1], UNKNOWN_VALUE))
            phrases = words.get(match[1])
            # A sentence about several findings has the values of several, with commas between.
            return ", ".join(phrases.get(part, part) for part in value.split(", ")) if phrases else value

        return PLACEHOLDER.sub(shown, template)
