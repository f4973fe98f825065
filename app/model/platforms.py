"""What is known of a platform: what kind it is, which codes it has for what happens at all of them, what it can do.

Each platform declares itself in its own package; the composition root collects them. Everybody else asks by these
words and never by a platform's name (decision 0037).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class PlatformKind(StrEnum):
    """What a platform is to us."""

    SHOP = "shop"
    """Takes orders."""
    PROVIDER = "provider"
    """Takes the buyers' money. It may report the orders that are paid by it, too."""
    LEDGER = "ledger"
    """Keeps the books."""


class Situation(StrEnum):
    """What happens at every platform, and is said to people in the platform's own words."""

    UNAVAILABLE = "unavailable"
    """It does not answer: waiting helps."""
    RATE_LIMITED = "rate_limited"
    """It wants fewer calls: waiting helps."""
    NO_ACCESS = "no_access"
    """It does not know us any more: a person must connect again."""
    DENIED = "denied"
    """It knows us and does not show this."""
    NOT_READ = "not_read"
    """It answered, and we do not understand the answer."""
    MESSAGE_NOT_READ = "message_not_read"
    """It sent a message that we do not understand."""
    ORDER_NOT_FOUND = "order_not_found"
    """It has no such order."""
    PAYOUT_SCOPE_MISSING = "payout_scope_missing"
    """It did not grant what its payouts are read with."""
    BUYER_HIDDEN = "buyer_hidden"
    """It hides who buys."""
    CREDENTIALS_UNREADABLE = "credentials_unreadable"
    """We cannot open what we kept of its credentials: no refusal of its own."""
    BATCH_NOT_READ = "batch_not_read"
    """One of its payouts cannot be had, or not be understood."""
    SILENT_FOR_HOURS = "silent_for_hours"
    """It has not answered for longer than a night's maintenance."""
    OPERATOR_BLOCKED = "operator_blocked"
    """It refuses the place that Bokbro runs at: one person fixes that for all, and no job is given up meanwhile."""


@dataclass(frozen=True, slots=True)
class LedgerCapabilities:
    """How a ledger keeps documents. The defaults are the most laborious ledger, whose steps every plan may have."""

    rounds_to_whole_units: bool = True
    """It rounds what an invoice claims to whole units of its currency: the payment that settles it writes that off."""
    credit_notes_are_drafts: bool = True
    """It makes one credit note of an invoice whole, and what is credited is laid onto that. Otherwise a credit note is
    posted with its content, in one call, and may be linked to its invoice any number of times."""
    separate_booking: bool = True
    """A document or payment is made first and becomes a voucher by a call of its own. Otherwise the call that makes it
    books it (`AT_ONCE` in its answer)."""
    max_rows: int = 500
    """Rows that a document takes."""


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform as it declares itself."""

    name: str
    """Of its connections and jobs: `order:<name>:<id>`."""
    kind: PlatformKind
    title: str
    """As people know it."""
    codes: Mapping[Situation, str] = field(default_factory=dict)
    """Situation → code of the catalogue."""
    reports_gift_cards: bool = False
    """Whether its payments name the gift card that was used, so that a rule can tell which were given away."""
    capabilities: LedgerCapabilities = field(default_factory=LedgerCapabilities)
    """Of a ledger."""


class Platforms:
    """The platforms of this installation, by name."""

    def __init__(self, platforms: Iterable[Platform]) -> None:
        """Raises ValueError where two have the same name."""
        self._by_name: dict[str, Platform] = {}
        for platform in platforms:
            if platform.name in self._by_name:
                raise ValueError(f"two platforms are called {platform.name}")
            self._by_name[platform.name] = platform

    def __getitem__(self, name: str) -> Platform:
        return self._by_name[name]

    @property
    def titles(self) -> dict[str, str]:
        """Name → as people know it."""
        return {name: platform.title for name, platform in self._by_name.items()}

    def of_kind(self, kind: PlatformKind) -> frozenset[str]:
        """Names of the platforms of a kind."""
        return frozenset(name for name, platform in self._by_name.items() if platform.kind is kind)

    @property
    def reporting_gift_cards(self) -> frozenset[str]:
        """Names of those that tell which gift card a payment used."""
        return frozenset(name for name, platform in self._by_name.items() if platform.reports_gift_cards)

    def codes(self, situation: Situation) -> frozenset[str]:
        """What any platform calls a situation."""
        return frozenset(
            platform.codes[situation] for platform in self._by_name.values() if situation in platform.codes
        )
