"""What several test modules share of `test_months`."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.posting.plan import Plan


@dataclass
class Ledger:
    """Accounts in öre, debit positive."""

    accounts: dict[int, int] = field(default_factory=dict)

    def book(self, plan: Plan) -> None:
        for voucher in plan.manual_entries:
            for row in voucher.rows:
                self.add(row.account, row.debit.minor - row.credit.minor)

    def add(self, account: int, minor: int) -> None:
        self.accounts[account] = self.accounts.get(account, 0) + minor

    def __getitem__(self, account: int) -> int:
        return self.accounts.get(account, 0)
