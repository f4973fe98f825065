"""Remedies of findings about Qliro's orders and its silence, performed as a person would."""

from __future__ import annotations

from datetime import timedelta

from tests.support.pipeline.bench import Bench
from tests.support.pipeline.person import Person, remedied
from tests.support.pipeline.qliro import Qliro
from tests.support.pipeline.qliro_shop import QliroShop
from tests.support.pipeline.qliro_silence import batches, down

HOUR = timedelta(hours=1)


class TestOrders:
    """An order that cannot be read: put right at Qliro, or handled by hand."""

    def test_order_of_another_account_is_handled_by_hand(
        self, bench: Bench, person: Person, qliro_shop: QliroShop
    ) -> None:
        qliro_shop.hear(4711)
        bench.rest()
        with remedied(bench, "QLIRO_ORDER_NOT_FOUND", "HANDLED_BY_HAND"):
            by_hand(person, "order:qliro:4711", "QLIRO_ORDER_NOT_FOUND", "hör till testkontot")

    def test_order_that_the_right_account_knows(self, bench: Bench, person: Person, qliro_shop: QliroShop) -> None:
        number = qliro_shop.sell()
        order = qliro_shop.qliro.merchant.orders.pop(number)
        bench.rest()
        with remedied(bench, "QLIRO_ORDER_NOT_FOUND"):
            qliro_shop.qliro.merchant.orders[number] = order
            person.retry_all("QLIRO_ORDER_NOT_FOUND")
        qliro_shop.told(number, "ship")
        assert qliro_shop.state(number) == "booked"

    def test_order_whose_money_is_put_right_at_qliro(self, bench: Bench, person: Person, qliro_shop: QliroShop) -> None:
        number = qliro_shop.sell()
        qliro_shop.act(number, "ship")
        transaction = qliro_shop.qliro.merchant.orders[number].transactions[-1]
        transaction.amount += 100
        bench.rest()
        with remedied(bench, "QLIRO_ORDER_NOT_UNDERSTOOD"):
            transaction.amount -= 100
            person.retry_all("QLIRO_ORDER_NOT_UNDERSTOOD")
        assert (qliro_shop.state(number), bench.balance(1510)) == ("booked", 0)
        qliro_shop.told(number, "return")
        assert (qliro_shop.state(number), bench.balance(1510)) == ("booked", 0)

    def test_order_that_qliro_has_not_registered_yet(self, bench: Bench, qliro_shop: QliroShop) -> None:
        number = qliro_shop.sell()
        order = qliro_shop.qliro.merchant.orders[number]
        registered, order.transactions = order.transactions, []
        bench.run_jobs()
        with remedied(bench, "QLIRO_ORDER_NOT_READY"):
            order.transactions = registered
        qliro_shop.told(number, "ship")
        assert qliro_shop.state(number) == "booked"


def by_hand(person: Person, subject: str, code: str, reference: str) -> None:
    """Press "Handled by hand" on the order's page, with a reference."""
    order, finding = person.bench.order_id(subject), person.bench.finding(code)
    assert 'value="by_hand"' in person.get(f"/orders/{order}")
    person.done(f"/orders/{order}/answers", finding=str(finding.id), answer="by_hand", number=reference)


class TestSilence:
    """Qliro answers again: what it held back is fetched."""

    def test_qliro_answers_again(self, bench: Bench, qliro: Qliro) -> None:
        batches(qliro, 1)
        down(qliro)
        qliro.poll()
        qliro.poll(later=7 * HOUR)
        with remedied(bench, "QLIRO_SILENT_FOR_HOURS"):
            qliro.server.app.state.kit.faults.clear()
            qliro.poll(later=8 * HOUR)
        assert qliro.states() == ["booked"]

    def test_batch_that_can_be_read_later(self, bench: Bench, qliro: Qliro) -> None:
        batches(qliro, 1)
        row = qliro.merchant.batches[0].accepted[0]
        row["Action"] = "Sideways"
        qliro.poll()
        with remedied(bench, "QLIRO_BATCH_NOT_READ"):
            row["Action"] = "Debit"  # a new version of Bokbro reads it
            qliro.poll(later=HOUR)
        assert qliro.states() == ["booked"]
