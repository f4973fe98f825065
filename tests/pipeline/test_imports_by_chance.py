"""A month of payouts handed in by chance: cut, repeated, re-issued, in files, lists and by the provider itself.

Whatever comes in whatever order, the bank, clearing, fee and VAT accounts are the provider's truth of the payouts that
are booked; every payout that is not says why.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.kit.money import Money
from app.model.payout import MatchKey, Payout, PayoutLine, PayoutLineKind
from app.payouts.files import StatedSum
from app.payouts.imports.undo import ImportUndoError
from app.payouts.line_answer_store import LineAnswerError, LineAnswering
from app.payouts.repository import read_payout, store_payouts
from app.payouts.stated_sums import keep_sums
from app.schema import Finding, Job, StoredPayout
from tests.support.pipeline.bench import Bench

BANK, CLEARING, FEES, INPUT_VAT, OUTPUT_VAT = 1930, 1581, 6041, 2645, 2614
PROVIDER, BY = "shopify_payments", "maja@example.se"
FIRST_DAY = date(2026, 11, 3)
HEAD = (
    "Transaction Date,Type,Order,Card Brand,Card Source,Payout Status,Payout Date,Payout ID,Available On,Amount,Fee,"
    "Net,Checkout,Payment Method Name,Presentment Amount,Presentment Currency,Currency,VAT\n"
)


@dataclass(frozen=True)
class Row:
    """One transaction of the provider, in öre."""

    number: int
    order: str
    kind: str
    amount: int
    fee: int
    payout: str
    paid_on: date

    @property
    def net(self) -> int:
        return self.amount - self.fee

    def csv(self, *, fee: int | None = None) -> str:
        fee = self.fee if fee is None else fee
        at = f"{self.paid_on - timedelta(days=2)} 10:{self.number % 60:02}:00 +0100"
        amounts = f"{kronor(self.amount)},{kronor(fee)},{kronor(self.amount - fee)}"
        card = f"visa,online,paid,{self.paid_on},{self.payout},{self.paid_on}"
        return (
            f"{at},{self.kind},{self.order},{card},{amounts},#{self.number},card,{kronor(self.amount)},SEK,SEK,0.00\n"
        )

    def line(self) -> PayoutLine:
        kind = PayoutLineKind.CHARGE if self.kind == "charge" else PayoutLineKind.REFUND
        day = self.paid_on - timedelta(days=2)
        keys = {MatchKey.ORDER_NAME: self.order}
        return PayoutLine(f"api-{self.number}", kind, day, sek(self.amount), sek(self.fee), keys=keys)


def kronor(ore: int) -> Decimal:
    return (Decimal(ore) / 100).quantize(Decimal("0.01"))


def sek(ore: int) -> Money:
    return Money(ore, "SEK")


@dataclass
class Month:
    """What the provider really paid, and what a person does with it."""

    bench: Bench
    chance: random.Random
    rows: list[Row] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    @property
    def payouts(self) -> list[str]:
        return sorted({row.payout for row in self.rows})

    def of(self, payout: str) -> list[Row]:
        return [row for row in self.rows if row.payout == payout]

    def sum_of(self, payout: str) -> int:
        return sum(row.net for row in self.of(payout))

    # --- what happens

    def whole_file(self) -> None:
        self.hand_in(row.csv() for row in self.rows)

    def cut_file(self) -> None:
        self.hand_in(row.csv() for row in self.rows[: self.chance.randrange(1, len(self.rows))])

    def file_of_some(self) -> None:
        some = set(self.chance.sample(self.payouts, self.chance.randint(1, len(self.payouts))))
        self.hand_in(row.csv() for row in self.rows if row.payout in some)

    def file_of_scattered_rows(self) -> None:
        self.hand_in(row.csv() for row in self.rows if self.chance.random() < 0.7)

    def file_with_a_row_twice(self) -> None:
        lines = [row.csv() for row in self.rows]
        lines.insert(self.chance.randrange(len(lines)), self.chance.choice(lines))
        self.hand_in(lines)

    def file_in_another_order(self) -> None:
        lines = [row.csv() for row in self.rows]
        self.chance.shuffle(lines)
        self.hand_in(lines)

    def wrong_issue(self) -> None:
        wrong = self.chance.choice(self.rows)
        self.hand_in(row.csv(fee=row.fee + 100 if row is wrong else None) for row in self.rows)

    def provider_tells(self) -> None:
        payout = self.chance.choice(self.payouts)
        lines = tuple(row.line() for row in self.of(payout))
        day, total = self.of(payout)[0].paid_on, sek(self.sum_of(payout))
        told = Payout(PROVIDER, "shop", payout, day, "SEK", total, lines)
        store_payouts(self.bench.program.store, self.bench.shop_id, [told])

    def list_of_payouts(self) -> None:
        sums = [
            StatedSum(
                payout if self.chance.random() < 0.5 else "", self.of(payout)[0].paid_on, sek(self.sum_of(payout))
            )
            for payout in self.payouts
        ]
        file_id = self._keep(f"a list {self.chance.random()}")
        with self.bench.program.store.write() as session:
            keep_sums(session, self.bench.tenant_id, PROVIDER, sums, file_id)

    def bank_statement(self) -> None:
        """A person says what the bank got of one payout: the truth."""
        self.say_bank_amount(self.chance.choice(self.payouts))

    def say_bank_amount(self, payout: str) -> None:
        for payout_id in self._ids(payout):
            with suppress(LineAnswerError):
                answering = LineAnswering(self.bench.program.store, lambda: None)
                answering.bank_amount(self.bench.tenant_id, payout_id, str(kronor(self.sum_of(payout))), BY)

    def import_taken_back(self) -> None:
        if self.files:
            with suppress(ImportUndoError):
                self.bench.program.payout_files.undo.take_back(self.bench.tenant_id, self.chance.choice(self.files), BY)

    def put_right(self) -> None:
        """A person takes back every import that can be, hands the whole month in and says what the bank got."""
        undo = self.bench.program.payout_files.undo
        for file_id in dict.fromkeys(self.files):
            with suppress(ImportUndoError):
                undo.take_back(self.bench.tenant_id, file_id, BY)
        self.bench.rest()
        self.hand_in(row.csv() for row in self.rows)
        self.bench.rest()
        for payout in self.payouts:
            self.say_bank_amount(payout)

    # --- helpers

    def hand_in(self, lines: Iterable[str]) -> None:
        files = self.bench.program.payout_files
        file_id = self._keep(HEAD + "".join(lines))
        if self.chance.random() < 0.5:
            files.say_rows_twice(self.bench.tenant_id, file_id, "one")
        files.take_in(self.bench.tenant_id, file_id)

    def _keep(self, text: str) -> int:
        file_id = self.bench.program.payout_files.keep(self.bench.tenant_id, "month.csv", text.encode(), by=BY)
        self.files.append(file_id)
        return file_id

    def _ids(self, payout: str) -> list[int]:
        with self.bench.program.store.read() as session:
            return list(session.scalars(select(StoredPayout.id).where(StoredPayout.number == payout)))

    # --- what must hold

    @property
    def booked(self) -> list[str]:
        return sorted(self._standing()[0])

    def check(self) -> None:
        booked, silent = self._standing()
        rows = [row for payout in booked for row in self.of(payout)]
        fees = sum(one.fee for one in rows)
        wanted = {
            BANK: sum(one.net for one in rows),
            CLEARING: self._paid() - sum(one.amount for one in rows),
            FEES: fees,
        }
        found = {account: round(self.bench.balance(account) * 100) for account in wanted}
        assert found == wanted, self.done
        assert self.bench.balance(INPUT_VAT) == -self.bench.balance(OUTPUT_VAT), self.done
        assert abs(self.bench.balance(INPUT_VAT) * 100 - Decimal(fees) / 4) <= len(booked), self.done
        assert silent == [], f"not booked, and nothing says why, after {self.done}"

    def _paid(self) -> int:
        """What the orders' payments put on the clearing account."""
        return self._at_start

    _at_start: int = 0

    def _standing(self) -> tuple[list[str], list[str]]:
        """Payouts whose voucher stands, once for each time, and those that are known and say nothing."""
        booked, silent = [], []
        with self.bench.program.store.read() as session:
            told = set(session.scalars(select(Finding.job_id).where(Finding.resolved_at.is_(None))))
            for stored, job in session.execute(select(StoredPayout, Job).join(Job, Job.payout_id == StoredPayout.id)):
                if stored.booked is not None:
                    booked.append(stored.number)
                waits = job.state == "waiting" and not read_payout(stored.content).is_captured
                if stored.booked is None and not waits and job.id not in told:
                    silent.append(stored.number)
        return booked, silent


def month_of(bench: Bench, chance: random.Random) -> Month:
    """Orders that are booked, and payouts of them with a refund or two."""
    month = Month(bench, chance)
    number = 0
    for place in range(3):
        paid_on = FIRST_DAY + timedelta(days=7 * place)
        for _order in range(chance.randint(1, 3)):
            order = bench.place(processed_at=f"{paid_on - timedelta(days=3)}T09:00:00Z")
            number += 1
            month.rows.append(Row(number, order.name, "charge", 49_900, 1_148, f"74{place}", paid_on))
            if chance.random() < 0.3:
                number += 1
                back = -100 * chance.randint(1, 400)
                month.rows.append(Row(number, order.name, "refund", back, 0, f"74{place}", paid_on))
    bench.rest()
    month._at_start = round(bench.balance(CLEARING) * 100)
    return month


def acts(month: Month) -> Sequence[Callable[[], None]]:
    return (
        month.whole_file, month.cut_file, month.file_of_some, month.file_of_scattered_rows,
        month.file_with_a_row_twice, month.file_in_another_order, month.wrong_issue, month.provider_tells,
        month.list_of_payouts, month.bank_statement, month.bank_statement, month.bank_statement,
        month.import_taken_back,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(int(os.environ.get("BOKBRO_IMPORTS", "4"))))
def test_books_are_the_providers_truth_whatever_is_handed_in(bench: Bench, seed: int) -> None:
    chance = random.Random(seed)
    month = month_of(bench, chance)
    for _act in range(12):
        act = chance.choice(acts(month))
        month.done.append(act.__name__)
        act()
        bench.rest()
        month.check()
    month.put_right()
    bench.rest()
    month.check()
    assert month.booked == month.payouts, month.done
