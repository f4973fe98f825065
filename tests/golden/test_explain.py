"""A decision as people read it: one golden file per outcome."""

import json

import pytest

from app.orders.planning.explain import explain
from app.orders.planning.planner import decide
from app.posting.plan import Decision
from tests.support.builders import gift_card, line, order, paid, refund, rules, sek, shipping, tax_line
from tests.support.golden import files

FULL = order(
    line("800.00", sku="E-1", title="Espressokvarn"),
    line("50.00", quantity=4, rate="6", title="Kaffebönor"),
    gift_card("500.00"),
    shipping=(shipping("99.00", tax_line("25", "15.84"), tax_line("6", "1.12")),),
    tip=sek("40.00"),
    transactions=(paid("500.00", "gift_card", id="t0"), paid("1139.00")),
    refunds=(refund("50.00"),),
)


@pytest.mark.parametrize(
    ("name", "decision"),
    [
        ("plan", decide(FULL, rules(ways_of_delivery={"paket": "PN"}))),
        ("cash-rounding", decide(order(line("89.80", quantity=2), transactions=(paid("180.00", "cash"),)), rules())),
        ("waiting", decide(order(transactions=()), rules())),
        ("skipped", decide(order(test=True), rules())),
        ("stopped", decide(order(total=sek("500.00")), rules())),
    ],
)
def test_decision_reads_like_this(name: str, decision: Decision) -> None:
    files.check(f"explain/{name}.json", json.dumps(explain(decision), ensure_ascii=False, indent=2) + "\n")
