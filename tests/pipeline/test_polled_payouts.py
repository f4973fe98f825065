"""Payouts as they really come: asked of the shop, matched, booked; the clearing account ends at nothing."""

from __future__ import annotations

import json
from decimal import Decimal

from app.payouts.imports.payout_files import Preview
from app.payouts.known_payouts import Known
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.polled_payouts import close


def test_payout_of_the_shop_is_fetched_matched_and_booked(bench: Bench) -> None:
    bench.emulators.emulator.put_shop(bench.domain, {"payments": {}})
    order = bench.place()
    returned = bench.place()
    bench.rest()
    bench.act(returned, "refund", lines=[{"line": 0}])
    bench.rest()
    close(bench)
    assert bench.program.payout_poll.run() >= 1
    bench.rest()
    assert bench.findings() == []
    assert (bench.balance(1510), bench.balance(1581)) == (0, 0)
    fees = bench.balance(6041)
    assert bench.balance(1930) == 499 - fees > 0
    assert bench.balance(2645) == -bench.balance(2614) == round(fees * Decimal("0.25"), 2)
    assert bench.program.payout_poll.run() == 0, "the same payout once more changes nothing"
    assert bench.state(order) == "booked"


def rest_answer(bench: Bench) -> bytes:
    """What the older REST says of the shop's balance (shopify-api.md 4.2)."""
    account = bench.emulators.emulator.world.shops[bench.domain].payments
    assert account is not None
    names = {"TRANSFER": "payout"}
    transactions = [
        {
            "id": movement.id, "type": names.get(movement.kind, movement.kind.lower()), "test": False,
            "payout_id": movement.payout_id, "payout_status": "paid",
            "currency": movement.currency, "amount": f"{movement.amount / 100:.2f}",
            "fee": f"{movement.fee / 100:.2f}", "net": f"{movement.net / 100:.2f}",
            "source_order_id": movement.order_id, "source_order_transaction_id": movement.transaction_id,
            "processed_at": movement.at.isoformat(),
        }
        for movement in account.movements
    ]  # fmt: skip
    return json.dumps({"transactions": transactions}).encode()


def paid_out(bench: Bench) -> None:
    bench.emulators.emulator.put_shop(bench.domain, {"payments": {}})
    bench.place()
    bench.rest()
    close(bench)


def import_file(bench: Bench, content: bytes) -> Preview:
    files = bench.program.payout_files
    found = files.take_in(bench.tenant_id, files.keep(bench.tenant_id, "transactions.json", content, by="maja"))
    assert found is not None
    bench.rest()
    return found


def test_file_of_rest_is_the_payout_that_the_api_told(bench: Bench) -> None:
    paid_out(bench)
    bench.program.payout_poll.run()
    bench.rest()
    bench.emulators.kit.calls.clear()
    found = import_file(bench, rest_answer(bench))
    assert [payout.known for payout in found.payouts] == [Known.KNOWN]
    assert (bench.sent(), bench.balance(1581), bench.findings()) == ([], 0, [])


def test_file_of_rest_books_the_payout_once_though_the_api_tells_it_later(bench: Bench) -> None:
    paid_out(bench)
    found = import_file(bench, rest_answer(bench))
    assert ([payout.known for payout in found.payouts], bench.balance(1581), bench.findings()) == ([Known.NEW], 0, [])
    in_bank = bench.balance(1930)
    bench.emulators.kit.calls.clear()
    bench.program.payout_poll.run()
    bench.rest()
    assert (bench.sent(), bench.balance(1581), bench.balance(1930), bench.findings()) == ([], 0, in_bank, [])
