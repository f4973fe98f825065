"""Orders of more rows than a Fortnox document takes, through the whole pipeline."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sandbox.kit.faults import FaultKind
from tests.support.pipeline.bench import Bench

LINES = [{"title": f"Beslag {number}", "sku": "GF-BESLAG", "price": "19.37"} for number in range(7)]


@pytest.fixture
def small_documents(bench: Bench) -> Bench:
    bench.rules(max_rows=3)
    return bench


def stands_in_parts(bench: Bench) -> None:
    invoices = bench.invoices()
    stands = [(invoice["Total"] - invoice["RoundOff"], invoice["Booked"], invoice["Balance"]) for invoice in invoices]
    assert stands == [(Decimal("58.11"), True, 0), (Decimal("58.11"), True, 0), (Decimal("19.37"), True, 0)]
    assert [one["Remarks"][:7] for one in invoices] == ["Del 1/3", "Del 2/3", "Del 3/3"]
    assert (bench.balance(1510), bench.balance(1581)) == (0, Decimal("135.59"))
    assert bench.findings() == []
    assert len({one["ExternalInvoiceReference1"] for one in invoices}) == 1


def test_a_large_order_becomes_parts_that_one_payment_settles(small_documents: Bench) -> None:
    small_documents.place(lines=LINES)
    small_documents.run_jobs()
    stands_in_parts(small_documents)


@pytest.mark.parametrize("part", [0, 1, 2])
@pytest.mark.parametrize("kind", ["close_after", "close_before"])
def test_parts_stand_once_when_the_answer_to_any_is_lost(small_documents: Bench, kind: FaultKind, part: int) -> None:
    fault = small_documents.emulators.kit.faults.order(kind, "POST", "/3/invoices", skip=part)
    small_documents.place(lines=LINES)
    small_documents.rest()
    assert fault.hits == 1
    stands_in_parts(small_documents)
