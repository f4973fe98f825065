"""A company's inside: its registers, documents and ledger. All of it in memory, guarded by the world's one lock."""

import itertools
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sandbox.fortnox.books.chart import seed_chart
from sandbox.fortnox.books.ledger import Ledger
from sandbox.fortnox.clock import Clock
from sandbox.fortnox.config import AccountConfig, CompanyConfig, YearConfig
from sandbox.fortnox.schemas.accounting import ACCOUNT
from sandbox.fortnox.schemas.customer import CUSTOMER
from sandbox.fortnox.schemas.registers import PRICE_LIST
from sandbox.fortnox.seed import SEEDS, VOUCHER_SERIES_OF
from sandbox.fortnox.topics.happenings import Tell, nobody, register_change, tells
from sandbox.fortnox.wire import Document


@dataclass
class Record:
    """A stored document with the times that lists need."""

    key: str
    fields: Document
    created: datetime
    changed: datetime
    hidden: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Year:
    """A financial year, both days included."""

    id: int
    from_date: date
    to_date: date
    opened: datetime

    def holds(self, day: date) -> bool:
        """Tell whether a day lies in the year."""
        return self.from_date <= day <= self.to_date


class Company:
    """One company. ``records[kind]`` maps keys to records, in order of creation."""

    def __init__(self, config: CompanyConfig, clock: Clock, tell: Tell = nobody) -> None:
        self.config = config
        self.clock = clock
        self.tell = tell
        self.ledger = Ledger(clock.now)
        self.years: list[Year] = []
        self.accounts: dict[int, dict[int, Record]] = {}
        self.records: dict[str, dict[str, Record]] = {}
        self.used_customer_numbers: set[str] = set()
        self.mails: list[dict[str, str]] = []
        self.row_ids = itertools.count(1)
        self.payment_numbers = itertools.count(1)
        self._seed()

    @property
    def tenant(self) -> int:
        """The TenantId, which is the DatabaseNumber."""
        return self.config.database_number

    def kind(self, name: str) -> dict[str, Record]:
        """Give the records of one kind, e.g. ``customers``."""
        return self.records.setdefault(name, {})

    def add(self, kind: str, key: str, fields: Document) -> Record:
        """Store a new document."""
        now = self.clock.now()
        record = Record(key, fields, now, now)
        self.kind(kind)[key] = record
        return record

    def touch(self, record: Record) -> None:
        """Note that a document has changed."""
        record.changed = self.clock.now()

    def year_of(self, day: date) -> Year | None:
        """Find the financial year of a day."""
        return next((year for year in self.years if year.holds(day)), None)

    def preselected_year(self) -> Year:
        """Give the year that is used when a call names none: that of today, else the last."""
        return self.year_of(self.clock.today()) or self.years[-1]

    def add_year(self, from_date: date, to_date: date) -> Year:
        """Open a year; it gets the accounts of the year before."""
        year = Year(len(self.years) + 1, from_date, to_date, self.clock.now())
        earlier = self.accounts.get(self.years[-1].id) if self.years else None
        self.accounts[year.id] = {}
        for account in self._chart() if earlier is None else ():
            self.add_account(year.id, account)
        for number, record in (earlier or {}).items():
            now = self.clock.now()
            self.accounts[year.id][number] = Record(record.key, {**record.fields, "Year": year.id}, now, now)
        self.years.append(year)
        return year

    def add_account(self, year: int, account: AccountConfig) -> Record:
        """Add an account to the chart of a year."""
        fields = ACCOUNT.blank() | {
            "Number": account.number,
            "Description": account.description,
            "VATCode": account.vat_code,
            "Active": account.number not in self.config.inactive_accounts,
            "Year": year,
        }
        now = self.clock.now()
        record = Record(str(account.number), fields, now, now)
        self.accounts[year][account.number] = record
        return record

    def predefined_account(self, name: str) -> int:
        """Give a predefined account by its name; 0 when there is none."""
        record = self.kind("predefinedaccounts").get(name)
        return int(record.fields["Account"]) if record else 0

    def voucher_series_for(self, name: str) -> str:
        """Give the series of automatic vouchers, e.g. INVOICE."""
        record = self.kind("predefinedvoucherseries").get(name)
        return str(record.fields["VoucherSeries"]) if record else VOUCHER_SERIES_OF[name]

    def currency_rate(self, code: str) -> tuple[Decimal, int]:
        """Give rate and unit of a registered currency."""
        fields = self.kind("currencies")[code].fields
        return Decimal(fields["BuyRate"]), int(fields["Unit"])

    def reconfigure(self, config: CompanyConfig) -> None:
        """Take a new configuration and keep the documents; settings that were taken away go from the registers."""
        before, self.config = self.config, config
        for kind, seed in SEEDS.items():
            self._reseed(kind, seed(before), seed(config))
        for year in config.years:
            if not any(known.holds(year.from_date) or known.holds(year.to_date) for known in self.years):
                opened = self.add_year(year.from_date, year.to_date)
                self.tell(*register_change("financialyears", "created", str(opened.id)))
        for year_id, chart in self.accounts.items():
            self._rework_chart(year_id, chart, before)

    def _reseed(self, kind: str, old: dict[str, Document], new: dict[str, Document]) -> None:
        for key in old.keys() - new.keys():
            self.kind(kind).pop(key, None)
            self._tell_change(kind, "deleted", key)
        for key, fields in new.items():
            if old.get(key) != fields:
                self.add(kind, key, fields)
                self._tell_change(kind, "updated" if key in old else "created", key)

    def _tell_change(self, kind: str, verb: str, key: str) -> None:
        if tells(kind):
            self.tell(*register_change(kind, verb, key))

    def _rework_chart(self, year_id: int, chart: dict[int, Record], before: CompanyConfig) -> None:
        for number in self.config.missing_accounts:
            if chart.pop(number, None) is not None:
                self._tell_change("accounts", "deleted", str(number))
        for account in self.config.extra_accounts:
            if account.number not in chart:
                self.add_account(year_id, account)
                self._tell_change("accounts", "created", str(account.number))
        for number in {*before.inactive_accounts, *self.config.inactive_accounts} & chart.keys():
            active = number not in self.config.inactive_accounts
            if chart[number].fields["Active"] != active:
                chart[number].fields["Active"] = active
                self._tell_change("accounts", "updated", str(number))

    def _chart(self) -> list[AccountConfig]:
        extra = {account.number for account in self.config.extra_accounts}
        seeded = [
            AccountConfig(number=account.number, description=account.description, vat_code=account.vat_code)
            for account in seed_chart()
            if account.number not in extra and account.number not in self.config.missing_accounts
        ]
        return sorted([*seeded, *self.config.extra_accounts], key=lambda account: account.number)

    def _seed(self) -> None:
        today = self.clock.today()
        years = self.config.years or tuple(
            YearConfig(from_date=date(year, 1, 1), to_date=date(year, 12, 31)) for year in (today.year - 1, today.year)
        )
        for year in years:
            self.add_year(year.from_date, year.to_date)
        for kind, seed in SEEDS.items():
            for key, fields in seed(self.config).items():
                self.add(kind, key, fields)
        for number, name in self.config.imported_customers.items():
            fields = CUSTOMER.blank() | {"CustomerNumber": number, "Name": name, "Type": "UNDEFINED"}
            self.add("customers", number, fields)
            self.used_customer_numbers.add(number)
        lists = {"A": "Prislista A", "B": "Prislista B"}
        for code, description in lists.items():
            fields = PRICE_LIST.blank() | {"Code": code, "Description": description, "PreSelected": code == "A"}
            self.add("pricelists", code, fields)
        for name, series in VOUCHER_SERIES_OF.items():
            self.add("predefinedvoucherseries", name, {"Name": name, "VoucherSeries": series})
