"""Documents of ours in the ledger have a row each: written with the answer that names them, and found by number."""

from __future__ import annotations

from sqlalchemy import select, update

from app.orders.views import OrderFilter, order_list
from app.schema import Document, DocumentKind
from tests.support.pipeline.bench import VASE, Bench
from tests.support.pipeline.payouts import hear, line_of, payout

Row = tuple[str, str, int | None]
"""Kind, number, and what the ledger says that it comes to."""


def rows(bench: Bench) -> list[Row]:
    with bench.program.store.read() as session:
        return [(row.kind, row.number, row.total) for row in session.scalars(select(Document).order_by(Document.id))]


def test_invoice_and_payment_of_an_order_are_its_documents(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    (invoice,), (payment,) = bench.invoices(), bench.payments()
    assert rows(bench) == [
        ("customer_invoice", invoice["DocumentNumber"], 49_900),
        ("payment", str(payment["Number"]), 49_900),
    ]
    with bench.program.store.read() as session:
        documents = session.scalars(select(Document)).all()
    assert {(row.order_id, row.payout_id, row.currency) for row in documents} == {(bench.order_id(order), None, "SEK")}
    assert {str(row.day) for row in documents} == {invoice["InvoiceDate"]}


def test_credit_note_that_fortnox_made_and_we_filled_is_one_document(bench: Bench) -> None:
    order = bench.place(lines=[VASE | {"quantity": 2}])
    bench.rest()
    bench.act(order, "refund", lines=[{"line": 0, "quantity": 1}])
    bench.rest()
    (credit,) = [invoice for invoice in bench.invoices() if invoice["Credit"] == "true"]
    assert [row for row in rows(bench) if row[0] == "credit_note"] == [
        ("credit_note", credit["DocumentNumber"], -49_900)
    ]


def test_fortnox_order_and_the_invoice_that_is_made_of_it_are_two_documents(bench: Bench) -> None:
    bench.rules(document_flow="order_first")
    bench.place()
    bench.rest()
    assert [kind for kind, _number, _total in rows(bench)] == ["order", "customer_invoice", "payment"]


def test_voucher_of_a_payout_has_its_series_and_year(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    hear(bench, payout(line_of(order)))
    with bench.program.store.read() as session:
        (voucher,) = session.scalars(select(Document).where(Document.kind == "voucher"))
    last = bench.vouchers()[-1]
    assert (voucher.series, voucher.number) == (last.series, str(last.number))
    assert (voucher.payout_id, voucher.order_id) == (bench.payout_id("payout:shopify_payments:po_1"), None)
    assert voucher.financial_year is not None


def test_document_that_was_found_again_is_there_as_if_it_had_been_answered(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    before = rows(bench)
    bench.forget()
    assert rows(bench) == []
    bench.hear(order)
    bench.rest()
    assert rows(bench) == before


def test_order_is_found_by_the_number_of_its_invoice(bench: Bench) -> None:
    order, _other = bench.place(), bench.place()
    bench.rest()
    own = (Document.order_id == bench.order_id(order), Document.kind == DocumentKind.CUSTOMER_INVOICE)
    with bench.program.store.write() as session:
        session.execute(update(Document).where(*own).values(number="77881"))  # no part of a name or id

    def found(search: str) -> list[int | None]:
        listed = order_list(bench.program.store, bench.tenant_id, OrderFilter(search=search))
        return [row.id for row in listed.rows]

    assert (found(" 77881 "), found("7788")) == ([bench.order_id(order)], [])
