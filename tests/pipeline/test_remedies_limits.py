"""Limits of Fortnox: the rows of a document, and the warehouse's mark."""

from __future__ import annotations

from tests.support.pipeline.bench import VASE, Bench
from tests.support.pipeline.person import Person, remedied

PLATE = VASE | {"title": "Tallrik", "sku": "GF-TAL", "price": "200.00"}


def test_credit_note_with_a_fee_that_makes_it_too_long(bench: Bench, person: Person) -> None:
    """The invoice has as many rows as there may be; its credit note has one more, of what the shop kept."""
    bench.rules(max_rows=2)
    order = bench.place(lines=[VASE, PLATE])
    bench.rest()
    bench.act(order, "refund", lines=[{"line": 0}, {"line": 1}], amount="600.00")
    bench.rest()
    assert [len(invoice["InvoiceRows"]) for invoice in bench.invoices()] == [2], "nothing is sent of the credit note"
    with remedied(bench, "DOCUMENT_TOO_MANY_ROWS", "HANDLED_BY_HAND"):
        person.answer(order, "DOCUMENT_TOO_MANY_ROWS", "by_hand", number="Kreditfaktura 2")
    assert bench.state(order) == "booked"


def test_document_that_fortnox_wants_marked_ready(bench: Bench, person: Person) -> None:
    """The module was turned on in between: nobody's mark helps until Fortnox takes it, and a person tries again."""
    words = {"error": 1, "message": "Fakturan är inte klarmarkerad", "code": 2099998}
    answer = {"status": 400, "body": {"ErrorInformation": words}}
    bench.emulators.kit.faults.order("status", "PUT", "/3/invoices/*/bookkeep", times=None, **answer)
    order = bench.place()
    bench.rest()
    with remedied(bench, "FORTNOX_NOT_WAREHOUSE_READY"):
        bench.emulators.kit.faults.clear()  # it is marked ready in Fortnox
        person.retry(order)
    bench.proves(order)
