"""Kustom has a clearing account of its own; what it takes for a debt at Klarna leaves Klarna's."""

from __future__ import annotations

import pytest

from app.reconciliation.reconciliation import clearing_accounts
from tests.support.payout_files.klarna_json import DEBT, KUSTOM_SALE, kustom
from tests.support.pipeline.bench import Bench

KUSTOM, KLARNA = 1589, 1586


@pytest.fixture
def bench(bench: Bench) -> Bench:
    bench.rules(accounts={"psp.kustom.sek": KUSTOM})
    return bench


def take_in(bench: Bench, content: bytes) -> None:
    files = bench.program.payout_files
    assert files.take_in(bench.tenant_id, files.keep(bench.tenant_id, "k.csv", content, by="maja@example.se"))
    bench.rest()


def test_payout_of_kustom_leaves_klarnas_account_alone(bench: Bench) -> None:
    take_in(bench, kustom(KUSTOM_SALE, "1128.00"))
    assert [bench.balance(one) for one in (1930, KUSTOM, KLARNA)] == [1128, -1128, 0]


def test_debt_at_klarna_that_kustom_nets_is_paid_on_klarnas_account(bench: Bench) -> None:
    take_in(bench, kustom(KUSTOM_SALE + DEBT, "928.00"))
    assert [bench.balance(one) for one in (1930, KUSTOM, KLARNA)] == [928, -1128, 200]
    proven = {
        account.role: account.balance.decimal for account in clearing_accounts(bench.program.store, bench.tenant_id)
    }
    assert proven == {"psp.kustom.sek": -1128, "psp.klarna.sek": 200}, "what stands there is explained"
