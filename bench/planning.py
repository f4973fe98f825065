"""What planning a large order costs, against parsing the same order's stored form as control."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

from pydantic import TypeAdapter

from app.kit.money import Money, total, vat_out_of_gross
from app.model.order import Address, Buyer, Line, Order, TaxLine, Transaction, TransactionKind
from app.orders.planning.planner import decide
from app.posting.plan import Plan
from app.tenants.rules import TenantRules

ROWS, ROUNDS = 500, 40
RATES = (Decimal(25), Decimal(12), Decimal(6))


def large_order(lines_wanted: int, *, discount: int) -> Order:
    """A paid Swedish order of so many lines of three units, each with a discount (öre) on the line.

    A discount that does not divide by three makes two invoice rows of a line, and so more rows than fit on one.
    """
    moment = datetime(2026, 11, 18, 10, tzinfo=UTC)
    lines = []
    for number in range(lines_wanted):
        price, taken_off = Money(19_900 + number, "SEK"), Money(discount, "SEK")
        amount = Money(price.minor * 3, "SEK") - taken_off
        tax = TaxLine("Moms", RATES[number % 3], vat_out_of_gross(amount, RATES[number % 3]))
        lines.append(Line(str(number), f"Vara {number}", f"SKU-{number}", 3, price, taken_off, (tax,)))
    amount = total((line.amount for line in lines), "SEK")
    gateway = "shopify_payments"
    paid = Transaction("1", TransactionKind.SALE, succeeded=True, gateway=gateway, amount=amount, processed_at=moment)
    address = Address(name="Anna Lindqvist", country_code="SE")
    return Order(
        platform="shopify", shop="bench", id="1", name="#1", created_at=moment, processed_at=moment, updated_at=moment,
        currency="SEK", taxes_included=True, total=amount, total_tax=Money.zero("SEK"), lines=tuple(lines),
        transactions=(paid,), buyer=Buyer("1", "Anna", ""), bill_to=address, ship_to=address,
    )  # fmt: skip


def in_turns(*works: Callable[[], object]) -> list[tuple[float, float]]:
    """Median and best (ms) of each work, one after the other in every round: what slows the machine slows them all."""
    taken: list[list[float]] = [[] for _work in works]
    for _round in range(ROUNDS + 1):
        for work, times in zip(works, taken, strict=True):
            began = time.perf_counter()
            work()
            times.append((time.perf_counter() - began) * 1000)
    return [(statistics.median(times[1:]), min(times[1:])) for times in taken]


def main() -> None:
    """Measure and print."""
    plain, split = large_order(ROWS, discount=1_002), large_order(ROWS, discount=1_001)
    for order, documents in ((plain, 1), (split, 2)):
        decision = decide(order, TenantRules())
        assert isinstance(decision, Plan)
        assert len(decision.documents) == documents
    reader = TypeAdapter(Order)
    stored = reader.dump_json(plain)
    one, two, control = in_turns(
        lambda: decide(plain, TenantRules()),
        lambda: decide(split, TenantRules()),
        lambda: reader.validate_json(stored),
    )
    for name, (median, best) in (
        (f"{ROWS} rows on one invoice", one),
        (f"{2 * ROWS} rows, merged and split over two", two),
        ("control: reading the stored order", control),
    ):
        sys.stdout.write(f"{name}: median {median:.1f} ms, best {best:.1f} ms, {median / control[0]:.1f} of control\n")


if __name__ == "__main__":
    main()
