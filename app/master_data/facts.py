"""What is known of a company's Fortnox without asking it: what pre-flight and the check of the rules look into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from app.ledgers.areas import Closed


@dataclass(frozen=True, slots=True)
class AccountFact:
    """One account of one financial year."""

    active: bool
    vat_code: str = ""


@dataclass(frozen=True, slots=True)
class FinancialYear:
    """A financial year; `id` is Fortnox's own."""

    id: int
    first_day: date
    last_day: date

    def covers(self, day: date) -> bool:
        """Whether a day lies in this year."""
        return self.first_day <= day <= self.last_day


@dataclass(frozen=True, slots=True)
class BooksFacts:
    """What we know of the company without asking: the local register."""

    currencies: frozenset[str] = frozenset()
    years: tuple[FinancialYear, ...] = ()
    accounts: Mapping[int, Mapping[int, AccountFact]] = field(default_factory=dict)
    """Financial year id → account number → fact."""
    locked_through: date | None = None
    ways_of_delivery: frozenset[str] = frozenset()
    cost_centers: Mapping[str, bool] | None = None
    """Code → active; None when the grant does not let us read cost centres."""
    terms_of_payment: frozenset[str] = frozenset()
    modes_of_payment: Mapping[str, int | None] = field(default_factory=dict)
    """Code → the account that a payment of this mode goes to."""
    closed: Mapping[str, Closed] = field(default_factory=dict)
    """Areas of Fortnox (`app.ledgers.areas`) that the connection may not use; others are open, or were not tried."""
    has_warehouse: bool = False
    """Whether the warehouse module is on and the connection may see it."""
    stock: Mapping[str, Decimal] | None = None
    """Article → what of it is available; only of goods that the warehouse keeps. None: it was not read."""
    unread: frozenset[str] = frozenset()
    """Registers that were never read, or were proved wrong: what they seem to lack, or to allow, says nothing."""
    customers: frozenset[str] = frozenset()
    """Numbers known to exist: no call is spent on them."""
    articles: frozenset[str] = frozenset()
    article_accounts: Mapping[str, int] = field(default_factory=dict)
    """Article number → the sales account on its record, of those that we made."""
    customer_ways: Mapping[str, str] = field(default_factory=dict)
    """Of the asked customers whose record was seen: number → the way of delivery on it; empty text for none."""
    doubtful_customers: frozenset[str] = frozenset()
    """Asked customers whose record Fortnox proved to be other than we thought: to be read before it is used."""

    @property
    def missing_ways(self) -> dict[str, str]:
        """Records that name a way of delivery which Fortnox does not have (fortnox-api.md 4, #19)."""
        named = self.customer_ways.items()
        return {number: way for number, way in named if way and way not in self.ways_of_delivery}

    def year_of(self, day: date) -> FinancialYear | None:
        """The financial year a day lies in."""
        return next((year for year in self.years if year.covers(day)), None)


NO_FACTS = BooksFacts()
"""Nothing is known of the company, and nothing needs to be."""
