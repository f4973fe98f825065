"""What must hold after every write, and what must stand at the end."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.catalogue import CATALOGUE
from app.schema import Finding, Job, Operation
from tests.weeks.model import differences

if TYPE_CHECKING:
    from tests.weeks.week import Week

ACCOUNTS = {
    "receivable": (1510,), "clearing": (1581,), "bank": (1930,), "fees": (6041,), "fee_vat_out": (2614,),
    "fee_vat_in": (2645,), "sales_25": (3001, 3520), "sales_12": (3002, 3523), "sales_6": (3003, 3524),
    "sales_0": (3004,), "vat_25": (2611,), "vat_12": (2621,), "vat_6": (2631,), "rounding": (3740,), "reserve": (1588,),
}  # fmt: skip


def always_holds(week: Week) -> None:
    """Safety: nothing stands twice, nothing is credited or paid beyond what was sold. Raises AssertionError."""
    bench = week.stage.bench
    invoices = bench.invoices()
    sold: dict[str, Decimal] = {}
    credited: dict[str, Decimal] = {}
    for invoice in invoices:
        of = credited if invoice["Credit"] == "true" else sold
        name = str(invoice["ExternalInvoiceReference1"])
        assert of is credited or name not in sold, f"{name} stands twice"
        of[name] = of.get(name, Decimal(0)) + Decimal(str(invoice["Total"]))
        if invoice["Booked"]:
            left = Decimal(str(invoice["Balance"]))
            assert left * (-1 if of is credited else 1) >= 0, (
                f"invoice {invoice['DocumentNumber']} of {name}: {left} left"
            )
    for name, amount in credited.items():
        assert -amount <= sold.get(name, Decimal(0)) + 1, f"{name} is credited {amount} of {sold.get(name)}"
    written = Counter(voucher.description for voucher in bench.vouchers() if voucher.reference_type == "MANUAL")
    assert not [text for text, times in written.items() if times > 1], "a voucher stands twice"


def stands_as_modelled(week: Week) -> None:
    """Liveness and the books: everything is booked or says why, and every account is what a bookkeeper expects."""
    bench = week.stage.bench
    always_holds(week)
    with bench.program.store.read() as session:
        rows = session.scalars(select(Finding.code).where(Finding.resolved_at.is_(None)))
        blocking = sorted(code for code in rows if CATALOGUE[code].severity != "notice")
        unfinished = session.execute(
            select(Job.subject, Job.state).where(Job.state.not_in(("booked", "skipped")) | Job.due_at.is_not(None))
        ).all()
        open_steps = session.execute(
            select(Operation.step_key, Operation.state).where(Operation.state.not_in(("done", "superseded")))
        ).all()
    assert not blocking, blocking
    assert not unfinished, unfinished
    assert not open_steps, open_steps
    ledger = {
        role: sum(int(bench.balance(account) * 100) for account in accounts) for role, accounts in ACCOUNTS.items()
    }
    assert not differences(week.history, ledger), differences(week.history, ledger)
