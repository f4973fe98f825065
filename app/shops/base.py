"""The Shop protocol: what the order job asks of a platform."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol, runtime_checkable

from app.kit.http.envelope import Envelope
from app.kit.money import Money, MoneyError
from app.model.finding import Finding
from app.model.order import Order
from app.model.payout import LostDispute, OpenDispute, Payout
from app.tenants.rules import DocumentCurrency, TenantRules

_BEYOND = 10**16
"""Minor units: sums of hundreds of them fit the 64 bits of a database."""


@dataclass(frozen=True, slots=True)
class Shop:
    """The connected shop that is read."""

    connection_id: int
    domain: str
    scopes: tuple[str, ...] = ()
    """Scopes that it granted when it was last asked; empty: not known."""


class Source(Protocol):
    """One shop platform, read only."""

    def fetch_order(self, shop: Shop, order_id: str, rules: TenantRules, *, is_news: bool = True) -> Order | None:
        """The newest state of an order, read with this shop's own token; None when the shop has no such order.

        `rules` say how what it states is meant: in which of two currencies, and what its shop's own signs stand for.
        `is_news` false: nothing was heard since it was read last, so that what was kept of it may do once the shop has
        said that it is still the same. Raises SourceError, BodyNotUnderstoodError.
        """

    def not_read(self, order_id: str, error: Exception) -> Finding:
        """An order that we cannot read, in the catalogue's words.

        `error` is a BodyNotUnderstoodError, or what numbers and times beyond all limits raise.
        """


@runtime_checkable
class ListsChanges(Protocol):
    """A platform that lists the orders that changed, so that a lost message is made up for."""

    @property
    def most_changes(self) -> int:
        """Orders that one question lists at most: after so many there may be more."""

    def changed_since(self, shop: Shop, since: datetime) -> Iterator[tuple[str, datetime]]:
        """Ids and times of orders that changed since then, oldest first. Raises SourceError, ValueError, KeyError."""


@dataclass(frozen=True, slots=True)
class NotGranted:
    """Something that a shop does not let us read. Texts are Swedish: the merchant's guide shows them."""

    scope: str
    used_for: str
    without: str
    """What happens for want of it."""


@runtime_checkable
class GrantsScopes(Protocol):
    """A platform whose shops choose what an app may read."""

    def granted_scopes(self, shop: Shop) -> tuple[str, ...]:
        """What the shop lets us read now. Raises SourceError, BodyNotUnderstoodError."""

    def held_scopes(self, granted: Collection[str]) -> frozenset[str]:
        """What was granted, with what that implies."""

    def missing_for_payouts(self, granted: Collection[str]) -> list[str]:
        """Scopes without which payouts cannot be read."""

    def not_granted(self, granted: Collection[str]) -> tuple[NotGranted, ...]:
        """What cannot be read; nothing where it is not known what was granted."""

    def scope_of(self, name: str) -> str:
        """The scope that an object of `Order.refused` needs; empty for one that we do not know."""


@dataclass(frozen=True, slots=True)
class Webhooks:
    """How a platform sends messages that it signs."""

    paths: frozenset[str]
    """Where they come to."""
    account_header: str
    """Which shop says that it sends; lower case, as all headers here."""
    signature_header: str
    kept_headers: tuple[str, ...]
    """Worth keeping beside the body; signatures and addresses are not."""
    is_account: Callable[[str], bool]
    """Whether that can be a shop's name at all."""
    is_signature: Callable[[str], bool]
    """Whether that can be a signature that holds."""
    signature_holds: Callable[[bytes, str, Iterable[str]], bool]
    """Whether one of the secrets signed this body."""
    open_envelope: Callable[[Mapping[str, str], bytes], Envelope]
    """What routes a message, of its headers and body. Raises ValueError: no JSON."""


@dataclass(frozen=True, slots=True)
class Pushes:
    """How a platform sends messages to a secret address, without a signature."""

    prefix: str
    """Beginning of every address."""
    received: bytes
    """The answer that it takes for delivered."""
    open_push: Callable[[bytes], Envelope]
    """What routes a message, of its body. Raises ValueError: no JSON."""


@dataclass(frozen=True, slots=True)
class BatchHead:
    """A payout as its provider's list shows it, without its rows."""

    id: str
    day: date | None
    """None: it states none that we understand."""
    body: Any


class BatchSource(Protocol):
    """A provider that lists its payouts by day, each to be read by itself, and adds rows to them for some days."""

    @property
    def late_rows(self) -> timedelta:
        """How long after its day a batch may still gain rows."""

    def heads_between(self, connection_id: int, first: date, last: date) -> Iterator[BatchHead]:
        """The batches of these days, both included. Raises SourceError."""

    def read_batch(self, connection_id: int, head: BatchHead, today: date) -> Payout:
        """One of these batches with its rows. Raises SourceError, BodyNotUnderstoodError."""


class PayoutSource(Protocol):
    """A platform that lists what it pays out."""

    def issued_since(self, shop: Shop, day: date, currency: DocumentCurrency) -> Iterator[Payout]:
        """Payouts sent since a day. Raises SourceError, BodyNotUnderstoodError."""

    def shows_disputes(self, shop: Shop) -> bool:
        """Whether its disputes can be read."""

    def disputes(self, shop: Shop) -> Iterator[LostDispute | OpenDispute]:
        """Disputes that were lost or wait for evidence. Raises SourceError, BodyNotUnderstoodError."""

    def lacks_payout_scope(self, error: SourceError) -> bool:
        """Whether payouts are refused for want of a scope: that is reported once, with its scope."""


class SourceError(Exception):
    """A read failed. `code` is the catalogue's; `passes` says whether waiting alone can help."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        passes: bool,
        retry_after: float | None = None,
        values: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail, self.passes, self.retry_after = code, detail, passes, retry_after
        self.values = dict(values or {})
        """Values for the catalogue's text beside shop and field."""


class BodyNotUnderstoodError(ValueError):
    """A body of an unknown shape; it is stored as it is, and shown."""


def has_neighbours(moment: datetime) -> bool:
    """Whether a time can be converted to every zone: in the first and the last year, Python and PostgreSQL cannot."""
    return MINYEAR < moment.year < MAXYEAR


def traded(amount: Decimal | str, currency: str) -> Money:
    """An exact amount in major units that somebody may have traded. Raises MoneyError."""
    money = Money.of(amount, currency)
    if abs(money.minor) >= _BEYOND:
        raise MoneyError(f"no amount that anybody trades: {str(amount)[:40]}")
    return money


@contextmanager
def understanding(what: str) -> Iterator[None]:
    """Around a reader of a body: what breaks its assumptions is a body that is not understood; waiting does not help.

    Raises BodyNotUnderstoodError. `what` names the body, for the finding.
    """
    try:
        yield
    except BodyNotUnderstoodError:
        raise
    except (ValueError, ArithmeticError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise BodyNotUnderstoodError(f"{what}: {type(error).__name__}: {str(error)[:200]}") from error
