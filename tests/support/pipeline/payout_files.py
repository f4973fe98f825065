"""What several test modules share of `test_payout_files`."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from sqlalchemy import select

from app.model.payout import MatchKey, PayoutLineKind
from app.payouts.files import ColumnMap
from app.payouts.imports.payout_files import Preview
from app.payouts.line_answer_store import LineAnswerError, LineAnswering
from app.payouts.repository import read_payout
from app.schema import StoredPayout
from tests.support.pipeline.bench import Bench

HEAD = "Datum;Typ;Order;Belopp;Avgift;Utbetalning\n"


MAP = ColumnMap(
    provider="klarna", name="Klarna månad", day="Datum", kind="Typ", amount="Belopp", fee="Avgift",
    payout_id="Utbetalning", payout_day="Datum", keys={MatchKey.ORDER_NAME: "Order"}, default_currency="SEK",
    kinds={"köp": PayoutLineKind.CHARGE, "retur": PayoutLineKind.REFUND},
)  # fmt: skip


KLARNA: dict[str, Any] = {"payments": [{"gateway": "klarna"}]}


def row(order: str, amount: str, fee: str = "0,00", kind: str = "köp", payout: str = "K-1") -> str:
    return f"2026-11-20;{kind};{order};{amount};{fee};{payout}\n"


def kept(bench: Bench, text: str, name: str = "klarna.csv") -> int:
    return bench.program.payout_files.keep(bench.tenant_id, name, text.encode(), by="maja@example.se")


def taken(bench: Bench, text: str, *, bank: str | None = "") -> Preview:
    """Import it. `bank`: what a person says that the bank got; empty: each payout's own sum; None: nothing yet."""
    found = bench.program.payout_files.take_in(bench.tenant_id, kept(bench, text))
    assert found is not None
    bench.rest()
    if bank is not None:
        give_bank_amounts(bench, bank)
    return found


def give_bank_amounts(bench: Bench, bank: str = "") -> None:
    with bench.program.store.read() as session:
        rows = [(one.id, read_payout(one.content).paid_out) for one in session.scalars(select(StoredPayout))]
    for payout_id, paid_out in rows:
        with suppress(LineAnswerError):  # booked already
            LineAnswering(bench.program.store, lambda: None).bank_amount(
                bench.tenant_id, payout_id, bank or str(paid_out.decimal), "maja@example.se"
            )
    bench.rest()


def stored(bench: Bench) -> list[str]:
    return [job.subject for job in bench.jobs() if job.subject.startswith("payout:")]
