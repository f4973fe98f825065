"""The services that pages use; built once, in `app/wiring.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import httpx2

from app.connections.repository import Connected
from app.findings.closing import Closing
from app.findings.proposed_settings import ProposedSettings
from app.kit.db.engine import Store
from app.kit.encryption import KeyRing
from app.model.finding import Finding
from app.payouts.imports.payout_files import PayoutFiles
from app.payouts.line_answer_store import LineAnswering
from app.readiness.rows import Readiness
from app.settings import Settings
from app.tenants.passwords import Passwords
from app.tenants.rules import TenantRules
from app.web.limits import Limits
from app.web.views import AnswerOrder, CloseNotice, Reading, RetryCode, RetryOrder, RetryPayout, UseSetting


def _nothing(_connected: Connected) -> None:
    """No listener for new connections."""


def _nothing_wrong(_tenant_id: int, _rules: TenantRules) -> Sequence[Finding]:
    return ()


def _nothing_unknown(_tenant_id: int, _rules: TenantRules) -> Mapping[str, Sequence[str]]:
    return {}


def _unseen(_tenant_id: int) -> bool:
    return False


def _not_checked(_tenant_id: int, _start: date | None) -> Readiness:
    return Readiness(())


def _nobody_waits() -> None:
    """These pages have no background services."""


def _ignore(_tenant_id: int | None) -> None:
    """These pages have no background services."""


@dataclass(frozen=True)
class Services:
    """Everything the pages use. Tests give a stand-in for any of it."""

    settings: Settings
    store: Store
    client: httpx2.Client
    """Speaks with Fortnox, Shopify and Qliro while connecting. Must not follow redirects."""
    ring: KeyRing
    passwords: Passwords
    reading: Reading
    retry_order: RetryOrder
    retry_payout: RetryPayout
    retry_code: RetryCode
    answer: AnswerOrder
    """Keeps what a person answers to an order's questions."""
    payout_files: PayoutFiles
    """Keeps, shows and imports payout files."""
    clock: Callable[[], datetime]
    """The time, by the database's clock."""
    check_rules: Callable[[int, TenantRules], Sequence[Finding]] = _nothing_wrong
    """What is wrong with a tenant's accounts, by its chart as it was last read."""
    unknown_codes: Callable[[int, TenantRules], Mapping[str, Sequence[str]]] = _nothing_unknown
    """Field of the settings → codes in it that the tenant's Fortnox does not have."""
    sees_stock: Callable[[int], bool] = _unseen
    """Whether the connection of a tenant shows what its warehouse has."""
    look_now: Callable[[], object] = _nobody_waits
    """Called after something was made due."""
    rules_changed: Callable[[], object] = _nobody_waits
    """Called after rules were put in force: what was woken is looked at."""
    compare_ledger: Callable[[int | None], object] = _ignore
    """Have the books of a tenant (of all for None) read and compared now."""
    fetch_payouts: Callable[[int | None], object] = _ignore
    """Have Qliro and the shops of a tenant (of all for None) asked for their payouts now."""
    on_connected: Callable[[Connected], None] = _nothing
    """Called after a connection was stored: the pipeline releases what waited for it."""
    readiness: Callable[[int, date | None], Readiness] = _not_checked
    """Whether a company is fit to go live, from a first day on (None: by its rules)."""
    ready: Callable[[], bool] = field(default=lambda: True)
    """Whether this process can serve: asked by `/health/ready`, beside a look at the database."""
    limits: Limits = field(default_factory=Limits)

    @property
    def close_notice(self) -> CloseNotice:
        """Closes a notice that a person has dealt with."""
        return Closing(self.store)

    @property
    def use_setting(self) -> UseSetting:
        """Puts in force what a finding proposes."""
        return ProposedSettings(self.store)

    @property
    def line_answers(self) -> LineAnswering:
        """Keeps what a person says about a payout's lines."""
        return LineAnswering(self.store, self.look_now)
