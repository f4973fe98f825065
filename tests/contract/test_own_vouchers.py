"""A voucher of our own against the emulator: made once, found again by its text, told from one that differs."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from app.kit.http.outcome import Done, Refused
from app.kit.money import Money, UnbalancedPlanError
from app.ledgers.base import Disagrees, Found, NotThere, StepContext, WriteAuthorization
from app.ledgers.fortnox.vouchers import voucher_text
from app.posting.references import MAIN, Purpose, VoucherRef
from app.posting.vouchers import CreateVoucher, VoucherRow
from sandbox.cases import tenant
from sandbox.cases.books import CaseBooks, emulator
from tests.support.builders import rules, sek

CONTEXT = StepContext({}, rules())


def voucher(amount: str = "500.00", reference: str = "order 1037", series: str = "A") -> CreateVoucher:
    return CreateVoucher(
        ref=VoucherRef(Purpose.CARD_SOLD, document=MAIN),
        day=date(2026, 11, 18),
        text="Ej inlöst enfunktionsvoucher #1037",
        series=series,
        rows=(VoucherRow(3740, sek(amount), sek("0.00")), VoucherRow(2421, sek("0.00"), sek(amount))),
        reference=reference,
    )


@pytest.fixture(scope="module")
def books() -> Iterator[CaseBooks]:
    with emulator() as at:
        yield at.found(tenant.company({}, other_chart=False))


def test_voucher_stands_in_the_books_and_is_found_by_its_reference(books: CaseBooks) -> None:
    step = voucher(reference="order found")
    assert isinstance(books.books.find(books.company, step, CONTEXT), NotThere)
    authorization = WriteAuthorization(books.company, books.books.ready(books.company))
    sent = books.books.send(books.company, step, CONTEXT, authorization)
    assert isinstance(sent.outcome, Done)
    assert sent.remote is not None
    found = books.books.find(books.company, step, CONTEXT)
    assert isinstance(found, Found)
    assert found.remote == sent.remote
    rows = books.vouchers()[-1]["rows"]
    assert [(row["account"], row["debit"], row["credit"]) for row in rows] == [(3740, 50000, 0), (2421, 0, 50000)]
    other = replace(step, reference="order foun")  # the beginning of another reference is another voucher
    assert isinstance(books.books.find(books.company, other, CONTEXT), NotThere)


def test_voucher_of_another_amount_under_our_reference_is_told(books: CaseBooks) -> None:
    authorization = WriteAuthorization(books.company, books.books.ready(books.company))
    books.books.send(books.company, voucher(reference="order differs"), CONTEXT, authorization)
    found = books.books.find(books.company, voucher("499.00", reference="order differs"), CONTEXT)
    assert isinstance(found, Disagrees)
    assert found.finding.code == "DIFFERS_IN_BOOKS"
    assert (found.finding.data["shop_amount"], found.finding.data["books_amount"]) == ("499.00 SEK", "500 SEK")


def test_series_that_takes_no_manual_vouchers_refuses(books: CaseBooks) -> None:
    authorization = WriteAuthorization(books.company, books.books.ready(books.company))
    sent = books.books.send(books.company, voucher(reference="order series", series="B"), CONTEXT, authorization)
    assert isinstance(sent.outcome, Refused)


def test_long_text_never_cuts_the_reference() -> None:
    text = voucher_text(replace(voucher(), text="x" * 300))
    assert len(text) <= 200
    assert text.endswith("... (order 1037)")


def test_voucher_that_does_not_balance_cannot_be_made() -> None:
    zero = Money.zero("SEK")
    with pytest.raises(UnbalancedPlanError, match="debit and credit"):
        replace(voucher(), rows=(VoucherRow(1930, sek("2.00"), zero), VoucherRow(1581, zero, sek("1.00"))))
    with pytest.raises(ValueError, match="one side"):
        replace(voucher(), rows=(VoucherRow(1930, sek("2.00"), sek("2.00")),))
    with pytest.raises(ValueError, match="no rows"):
        replace(voucher(), reference="")
