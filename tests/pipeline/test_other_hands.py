"""Somebody works on our document in Fortnox between two of our steps: nothing is booked or paid onto it unseen."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from app.ledgers.fortnox.adapter import FortnoxLedger
from app.main import Retries
from app.posting.steps import BookInvoice
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import CARD, VASE, Bench
from tests.support.pipeline.person import Person, remedied

BOOKING, PAYING, BOOKING_PAYMENT = (
    ("PUT", "/3/invoices/*/bookkeep"),
    ("POST", "/3/invoicepayments"),
    ("PUT", "/3/invoicepayments/*/bookkeep"),
)
Act = Callable[[Bench], object]


def written(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a client writes of an invoice's row."""
    kept = {name: row[name] for name in ("ArticleNumber", "AccountNumber", "Description")}
    return kept | {name: float(row[name]) for name in ("DeliveredQuantity", "Price", "VAT")}


def _edits(**changes: Any) -> Act:
    """A person changes the only row of our draft."""

    def edit(bench: Bench) -> None:
        (row,) = bench.invoices()[0]["InvoiceRows"]
        bench.api("PUT", "invoices/1", {"Invoice": {"InvoiceRows": [written(row) | changes]}})

    return edit


def _cancels(bench: Bench) -> None:
    bench.api("PUT", "invoices/1/cancel")


def _credits(bench: Bench) -> None:
    bench.api("PUT", "invoices/1/credit")


def _pays(bench: Bench) -> None:
    """A person books that the buyer paid to the bank."""
    payment = {"InvoiceNumber": 1, "Amount": 499, "ModeOfPaymentAccount": 1930}
    day = bench.invoices()[0]["InvoiceDate"]
    made = bench.api("POST", "invoicepayments", {"InvoicePayment": payment | {"PaymentDate": day}})
    bench.api("PUT", f"invoicepayments/{made['InvoicePayment']['Number']}/bookkeep")


def _cut_short(bench: Bench, at: tuple[str, str], act: Act) -> StoredOrder:
    """Fortnox fails at a step; a person works on the document, and an hour later we go on."""
    bench.emulators.kit.faults.order("status", *at, status=503, times=None)
    order = bench.place(lines=[VASE])
    bench.run_jobs()
    bench.emulators.kit.faults.clear()
    act(bench)
    bench.rest()
    return order


EDITS = {
    "dearer": _edits(Price=599), "cheaper": _edits(Price=399), "two": _edits(DeliveredQuantity=2),
    "other rate": _edits(VAT=12),
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
def test_draft_that_was_edited_while_we_were_away_is_not_booked(bench: Bench, person: Person, edit: str) -> None:
    order = _cut_short(bench, BOOKING, EDITS[edit])
    assert (bench.state(order), set(bench.findings())) == ("stopped", {"FORTNOX_TOTAL_DIFFERS"})
    assert bench.vouchers() == []
    with remedied(bench, "FORTNOX_TOTAL_DIFFERS"):
        _edits(Price=499, DeliveredQuantity=1, VAT=25)(bench)
        person.retry(order)
    bench.proves(order)


@pytest.mark.parametrize("edit", EDITS)
def test_draft_that_was_edited_just_before_we_booked_it_is_not_paid(
    bench: Bench, person: Person, monkeypatch: pytest.MonkeyPatch, edit: str
) -> None:
    sending = FortnoxLedger.send

    def send(self: FortnoxLedger, company: Any, step: Any, *rest: Any) -> Any:
        if isinstance(step, BookInvoice):
            EDITS[edit](bench)
        return sending(self, company, step, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(FortnoxLedger, "send", send)
        order = bench.place(lines=[VASE])
        bench.rest()
    assert (bench.state(order), set(bench.findings())) == ("stopped", {"DIFFERS_IN_BOOKS"})
    Retries(bench.program).order(bench.tenant_id, bench.order_id(order))
    bench.rest()
    assert (bench.state(order), set(bench.findings())) == ("stopped", {"DIFFERS_IN_BOOKS"})
    assert bench.payments() == []
    finding = bench.all_findings("DIFFERS_IN_BOOKS")[0]
    person.done(f"/orders/{bench.order_id(order)}/answers", finding=str(finding.id), answer="accept", number="")
    bench.rest()
    assert (bench.state(order), bench.findings()) == ("booked", ["BOOKED_BY_OTHER_HANDS"])


def test_draft_that_was_cancelled_while_we_were_away_is_made_anew_when_a_person_says_so(
    bench: Bench, person: Person
) -> None:
    order = _cut_short(bench, BOOKING, _cancels)
    assert (bench.state(order), bench.findings()) == ("stopped", ["DIFFERS_IN_BOOKS"])
    with remedied(bench, "DIFFERS_IN_BOOKS"):
        person.answer(order, "DIFFERS_IN_BOOKS", "anew")
    bench.proves(order)


@pytest.mark.parametrize("at", [PAYING, BOOKING_PAYMENT], ids=["payment", "its booking"])
def test_invoice_that_was_credited_while_we_were_away_is_not_paid(bench: Bench, at: tuple[str, str]) -> None:
    order = _cut_short(bench, at, _credits)
    assert (bench.state(order), bench.findings()) == ("stopped", ["DIFFERS_IN_BOOKS"])
    assert bench.balance(1581) == 0


@pytest.fixture
def unpaid(bench: Bench) -> StoredOrder:
    """An order on terms: its invoice is booked, and it was paid by nobody yet."""
    bench.rules(terms_trigger="created", terms={"Net 30": "30"}, terms_of_payment="10")
    order = bench.place(lines=[VASE], payments=[], payment_terms_days=30)
    bench.rest()
    bench.pass_time()
    bench.emulators.kit.calls.clear()
    return order


def test_invoice_that_is_paid_later_is_read_once_before_it_is_paid(bench: Bench, unpaid: StoredOrder) -> None:
    bench.act(unpaid, "pay", **CARD)
    bench.rest()
    assert bench.sent() == ["GET invoices/1", "POST invoicepayments", "PUT invoicepayments/1/bookkeep"]
    bench.proves(unpaid)


def test_invoice_that_a_person_paid_is_not_paid_again(bench: Bench, person: Person, unpaid: StoredOrder) -> None:
    _pays(bench)
    bench.act(unpaid, "pay", **CARD)
    bench.rest()
    assert (bench.state(unpaid), bench.findings()) == ("stopped", ["DIFFERS_IN_BOOKS"])
    assert (len(bench.payments()), bench.balance(1581), bench.balance(1510)) == (1, 0, 0)
    person.retry(unpaid)
    bench.rest()
    assert (len(bench.payments()), bench.findings()) == (1, ["DIFFERS_IN_BOOKS"])
    with remedied(bench, "DIFFERS_IN_BOOKS", "BOOKED_BY_OTHER_HANDS"):
        person.answer(unpaid, "DIFFERS_IN_BOOKS", "accept")
    assert (len(bench.payments()), bench.balance(1510)) == (1, 0)


def test_invoice_that_a_person_credited_is_not_paid(bench: Bench, unpaid: StoredOrder) -> None:
    _credits(bench)
    bench.act(unpaid, "pay", **CARD)
    bench.rest()
    assert (bench.state(unpaid), bench.findings(), bench.payments()) == ("stopped", ["DIFFERS_IN_BOOKS"], [])


def test_payment_that_a_person_made_while_ours_was_uncertain_is_not_taken_for_ours(
    bench: Bench, person: Person
) -> None:
    bench.emulators.kit.faults.order("status", *PAYING, status=503, times=None)
    order = bench.place(lines=[VASE])
    bench.run_jobs()
    bench.emulators.kit.faults.clear()
    _pays(bench)
    time.sleep(2 * bench.program.settings.grace_seconds)
    person.retry(order)
    bench.run_jobs()
    assert (bench.state(order), bench.findings()) == ("stopped", ["DIFFERS_IN_BOOKS"])
    assert [str(payment["ModeOfPaymentAccount"]) for payment in bench.payments()] == ["1930"]
    with remedied(bench, "DIFFERS_IN_BOOKS", "BOOKED_BY_OTHER_HANDS"):
        person.answer(order, "DIFFERS_IN_BOOKS", "accept")
    assert (len(bench.payments()), bench.balance(1581), bench.balance(1510)) == (1, 0, 0)
