"""Qliro's payouts as they come: asked for, matched, one voucher each, and the clearing account ends at nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.connect.qliro import Environment
from sandbox.kit.serving import ServerThread
from sandbox.qliro.app import create_app
from tests.pipeline.bench import Bench
from tests.pipeline.qliro import CLEARING, DISPUTED, KEY, SECRET, YESTERDAY, Qliro, emptied


@pytest.fixture(scope="module")
def qliros_server() -> Iterator[ServerThread]:
    with ServerThread(create_app()) as server:
        yield server


@pytest.fixture
def qliro(bench: Bench, qliros_server: ServerThread) -> Iterator[Qliro]:
    """A merchant account whose fees show 25 % VAT, connected."""
    with emptied(qliros_server):
        account = Qliro(bench, qliros_server)
        account.connect(fee_vat_rate="25")
        yield account


def test_payout_of_qliro_is_one_voucher_that_empties_the_clearing_account(bench: Bench, qliro: Qliro) -> None:
    orders = [qliro.sell()[0], qliro.sell("1290.00")[0]]
    bench.rest()
    assert bench.balance(CLEARING) == 1789
    qliro.close()
    bench.emulators.kit.calls.clear()
    assert qliro.poll() == 1
    # acc-29: the fee without its VAT, and the VAT that Qliro's row shows.
    assert qliro.balances() == (0, Decimal("1744.45"), Decimal("35.64"), Decimal("8.91"))
    assert (qliro.states(), bench.findings()) == (["booked"], [])
    assert bench.sent() == ["POST vouchers"]
    assert qliro.matched_by() == {"Transaction": "payment_id", "Fee": "payment_id"}
    assert {bench.state(order) for order in orders} == {"booked"}
    assert qliro.clearing().not_settled == ()
