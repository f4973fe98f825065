"""What planning a large order costs, against parsing the same order's stored form as control."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

from pydantic import TypeAdapter

from app.domain.commerce import Address, Buyer, Line, Order, TaxLine, Transaction, TransactionKind
from app.domain.money import Money, total, vat_out_of_gross
from app.domain.plan import Plan
from app.domain.plan_order import decide
from app.domain.rules import TenantRules

ROWS, ROUNDS = 500, 40
RATES = (Decimal(25), Decimal(12), Decimal(6))


def large_order(rows: int) -> Order:
    """A paid Swedish order of so many lines, each with a discount that does not divide by its quantity."""
    moment = datetime(2026, 11, 18, 10, tzinfo=UTC)
    lines = []
    for number in range(rows):
        price, discount = Money(19_900 + number, "SEK"), Money(1_001, "SEK")
        amount = Money(price.minor * 3, "SEK") - discount
        tax = TaxLine("Moms", RATES[number % 3], vat_out_of_gross(amount, RATES[number % 3]))
        lines.append(Line(str(number), f"Vara {number}", f"SKU-{number}", 3, price, discount, (tax,)))
    amount = total((line.amount for line in lines), "SEK")
    gateway = "shopify_payments"
    paid = Transaction("1", TransactionKind.SALE, succeeded=True, gateway=gateway, amount=amount, processed_at=moment)
    address = Address(name="Anna Lindqvist", country_code="SE")
    return Order(
        platform="shopify", shop="bench", id="1", name="#1", created_at=moment, processed_at=moment, updated_at=moment,
        currency="SEK", taxes_included=True, total=amount, total_tax=Money.zero("SEK"), lines=tuple(lines),
        transactions=(paid,), buyer=Buyer("1", "Anna", ""), bill_to=address, ship_to=address,
    )  # fmt: skip


def median_ms(work: Callable[[], object]) -> float:
    """The median of several rounds, after one that is not counted."""
    work()
    taken = []
    for _round in range(ROUNDS):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def main() -> None:
    """Measure and print."""
    order = large_order(ROWS)
    assert isinstance(decide(order, TenantRules()), Plan)
    stored = TypeAdapter(Order).dump_json(order)
    control = median_ms(lambda: TypeAdapter(Order).validate_json(stored))
    planning = median_ms(lambda: decide(order, TenantRules()))
    sys.stdout.write(f"{ROWS} rows: planning {planning:.1f} ms; control (reading the stored order) {control:.1f} ms\n")


if __name__ == "__main__":
    main()
