"""The same transaction in a second payout, however it is reported: nothing of the second one is booked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.model.payout import MatchKey, Payout, PayoutLine, PayoutLineKind
from app.payouts.repository import read_payout, store_payouts
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.payouts import BANK, TODAY, hear, payout, sek, state
from tests.support.pipeline.qliro import CLEARING, YESTERDAY, Qliro

FROM_API = {MatchKey.TRANSACTION_ID: "8002", MatchKey.ORDER_NAME: "#1007"}
FROM_FILE = {MatchKey.ORDER_NAME: "1007"}


def sale(line_id: str, keys: dict[MatchKey, str], **changes: Any) -> PayoutLine:
    line = PayoutLine(line_id, PayoutLineKind.CHARGE, TODAY, sek("100.00"), sek("2.00"), keys=keys)
    return replace(line, **changes)


def booked(bench: Bench) -> Decimal | int:
    return bench.balance(BANK)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (FROM_API, FROM_API),
        (FROM_API, FROM_FILE),
        (FROM_FILE, FROM_API),
        (FROM_FILE, FROM_FILE),
        ({MatchKey.PAYMENT_ID: "r1"}, {MatchKey.PAYMENT_ID: "r1"}),
        ({}, {}),
    ],
)
def test_same_transaction_in_another_payout_stops_it_whoever_reported_it(
    bench: Bench, first: dict[MatchKey, str], second: dict[MatchKey, str]
) -> None:
    hear(bench, payout(sale("a-1", first)))
    bench.emulators.kit.calls.clear()
    hear(bench, payout(sale("b-7", second), name="po_2"))
    assert (booked(bench), state(bench, "po_2")) == (98, "stopped")
    assert "POST vouchers" not in bench.sent()
    told = bench.finding("REFUND_PAYOUT_DOUBLED").data
    assert told["payout"].startswith("po_2")
    assert told["other_payout"].startswith("po_1")


def test_same_transaction_is_known_under_another_connection(bench: Bench) -> None:
    hear(bench, payout(sale("a-1", FROM_API)))
    store_payouts(bench.program.store, bench.fortnox_id, [payout(sale("b-7", FROM_FILE))])
    bench.rest()
    assert booked(bench) == 98
    assert "REFUND_PAYOUT_DOUBLED" in bench.findings()


@pytest.mark.parametrize(
    ("keys", "changes"),
    [
        ({MatchKey.TRANSACTION_ID: "8003", MatchKey.ORDER_NAME: "#1007"}, {}),
        (FROM_FILE, {"occurred_on": TODAY - timedelta(days=1)}),
        (FROM_FILE, {"amount": sek("101.00")}),
        (FROM_FILE, {"kind": PayoutLineKind.REFUND, "amount": sek("-100.00")}),
        ({MatchKey.ORDER_NAME: "#1008"}, {}),
    ],
)
def test_another_transaction_of_the_same_order_is_booked(
    bench: Bench, keys: dict[MatchKey, str], changes: dict[str, Any]
) -> None:
    hear(bench, payout(sale("a-1", FROM_API, fee=sek("0"))))
    hear(bench, payout(sale("b-7", keys, fee=sek("0"), **changes), name="po_2"))
    assert state(bench, "po_2") == "booked"
    assert "REFUND_PAYOUT_DOUBLED" not in bench.findings()


def test_equal_rows_of_one_payout_are_two_and_come_back_as_two(bench: Bench) -> None:
    twice = (sale("a-1", FROM_FILE), sale("a-2", FROM_FILE))
    hear(bench, payout(*twice))
    assert (state(bench), booked(bench)) == ("booked", 196)
    hear(bench, payout(*(replace(one, id=f"b-{one.id}") for one in twice), name="po_2"))
    assert (state(bench, "po_2"), booked(bench)) == ("stopped", 196)
    assert len(bench.all_findings("REFUND_PAYOUT_DOUBLED")) == 2


def test_amounts_alone_stop_a_payout_only_where_all_of_it_is_there(bench: Bench) -> None:
    hear(bench, payout(sale("a-1", {}), sale("a-2", {}, amount=sek("50.00"))))
    hear(bench, payout(sale("b-1", {}), sale("b-2", {}, amount=sek("60.00")), name="po_2"))
    assert state(bench, "po_2") == "booked"
    hear(bench, payout(sale("c-1", {}), sale("c-2", {}, amount=sek("50.00")), name="po_3"))
    assert state(bench, "po_3") == "stopped"


def test_two_accounts_of_a_provider_may_both_have_an_order_of_that_name(bench: Bench) -> None:
    def of(account: str, **changes: Any) -> Payout:
        return payout(sale(f"{account}-1", FROM_FILE), account=account, **changes)

    hear(bench, of("shop"), of("other", name="po_2"))
    assert (state(bench, "po_2"), booked(bench)) == ("booked", 196)


# --- Qliro: no row has an id of its own, and no call names the key


def test_transaction_of_qliro_that_stands_in_two_batches_is_booked_once(bench: Bench, qliro: Qliro) -> None:
    qliro.sell()
    bench.rest()
    qliro.close(YESTERDAY - timedelta(days=1))
    qliro.poll()
    qliro.sell("1290.00")
    bench.rest()
    qliro.close()
    first, second = qliro.merchant.batches[:2]
    second.accepted[:] = [row | {"BatchId": second.accepted[0]["BatchId"]} for row in first.accepted]
    bank = bench.balance(1930)
    qliro.poll()
    assert qliro.states() == ["booked", "stopped"]
    assert bench.balance(1930) == bank
    assert set(bench.findings()) >= {"REFUND_PAYOUT_DOUBLED"}


def test_same_batch_under_a_second_key_is_booked_once(bench: Bench, qliro: Qliro) -> None:
    qliro.sell()
    bench.rest()
    qliro.close()
    qliro.poll()
    (stored,) = qliro.stored()
    again = replace(read_payout(stored.content), account="another key")
    bank, clearing = bench.balance(1930), bench.balance(CLEARING)
    store_payouts(bench.program.store, bench.shop_id, [again])
    bench.rest()
    assert (bench.balance(1930), bench.balance(CLEARING)) == (bank, clearing)
    assert qliro.states() == ["booked", "stopped"]
    assert set(bench.findings()) == {"REFUND_PAYOUT_DOUBLED"}
