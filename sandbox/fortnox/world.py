"""The whole sandbox: companies, clients, tokens, limits, switches. One lock guards it all."""

import threading
from typing import Any

from sandbox.fortnox.clock import Clock
from sandbox.fortnox.company import Company
from sandbox.fortnox.config import CompanyConfig, SandboxConfig, Switches
from sandbox.fortnox.limits import SlidingWindow
from sandbox.fortnox.oauth.tokens import Grant, TokenStore
from sandbox.fortnox.topics.events import EventLog
from sandbox.fortnox.topics.happenings import Tell


class World:
    """Everything an emulator holds. Callers take ``lock`` around whatever reads or writes companies or tokens."""

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config
        self.lock = threading.RLock()
        self.clock = Clock(config.clock_offset_seconds)
        self.window = SlidingWindow(config.rate_limit_calls, config.rate_limit_seconds)
        self.switches = config.switches
        self.companies: dict[int, Company] = {}
        self.events = EventLog(self.clock.now)
        self.tokens = TokenStore(config, self.clock)
        self._found_companies()

    def _found_companies(self) -> None:
        self.companies = {config.database_number: self._company(config) for config in self.config.companies}

    def _company(self, config: CompanyConfig) -> Company:
        return Company(config, self.clock, self._tell(config.database_number))

    def _tell(self, tenant: int) -> Tell:
        return lambda topic, kind, entity: self.events.tell(topic, kind, tenant, entity)

    def reset(self) -> None:
        """Go back to the configuration: companies empty, tokens gone, switches and clock as at the start."""
        with self.lock:
            self.clock.move_to(self.config.clock_offset_seconds)
            self.switches = self.config.switches
            self.window.clear()
            self.events.clear()
            self.tokens = TokenStore(self.config, self.clock)
            self._found_companies()

    def put_company(self, config: CompanyConfig) -> Company:
        """Found a company, or found it anew: what it held is gone."""
        with self.lock:
            company = self._company(config)
            self.companies[config.database_number] = company
            return company

    def is_held(self, grant: Grant) -> bool:
        """Tell whether the person behind a grant still works there; a service account needs none (4 #28)."""
        company = self.companies.get(grant.tenant)
        return company is not None and (grant.service or grant.user_id == company.config.user.id)

    def turn(self, **changes: Any) -> Switches:  # noqa: ANN401  checked by the model
        """Turn switches by name."""
        with self.lock:
            self.switches = Switches.model_validate(self.switches.model_dump() | changes)
            return self.switches

    def snapshot(self) -> dict[str, Any]:
        """Show a summary: clock, switches, and what each company holds."""
        with self.lock:
            return {
                "now": self.clock.now().isoformat(),
                "today": self.clock.today().isoformat(),
                "clock_offset_seconds": self.clock.offset_seconds,
                "switches": self.switches.model_dump(),
                "companies": [
                    {
                        "database_number": company.tenant,
                        "name": company.config.name,
                        "vouchers": len(company.ledger.entries),
                        "counts": {kind: len(records) for kind, records in company.records.items()},
                    }
                    for company in self.companies.values()
                ],
                "tokens": self.tokens.summary(),
            }
