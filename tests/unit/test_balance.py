"""What does not balance cannot be built; and what the vouchers of a plan look like."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.kit.money import Money, UnbalancedPlanError
from app.model.finding import Finding
from app.model.order import Order
from app.posting.documents import VatGroup
from app.posting.plan import ExpectedVoucher, Plan, Stopped, stopped
from tests.support.builders import NOON, entry, gift_card, invoice, invoice_row, line, order, plan, sek, shipping

DAY = NOON.date()


def test_invoice_whose_rows_are_not_its_total_cannot_be_built() -> None:
    with pytest.raises(UnbalancedPlanError, match="rows and total") as fault:
        invoice(invoice_row("100.00"), total=sek("100.01"))
    assert (fault.value.left, fault.value.right) == (sek("100.00"), sek("100.01"))


def test_invoice_whose_vat_groups_are_not_its_total_cannot_be_built() -> None:
    with pytest.raises(UnbalancedPlanError, match="VAT groups and total"):
        invoice(invoice_row("100.00"), vat=(VatGroup(Decimal(25), sek("99.99"), 2611),))


def test_invoice_whose_vat_is_taken_at_another_rate_than_its_rows_cannot_be_built() -> None:
    swapped = (VatGroup(Decimal(25), sek("50.00"), 2611), VatGroup(Decimal(6), sek("100.00"), 2631))
    with pytest.raises(UnbalancedPlanError, match="VAT group of 25 %"):
        invoice(invoice_row("100.00", rate="25"), invoice_row("50.00", rate="6"), vat=swapped)


def test_voucher_whose_debit_is_not_its_credit_cannot_be_built() -> None:
    with pytest.raises(UnbalancedPlanError, match="debit and credit"):
        ExpectedVoucher(DAY, "Kundfaktura", (entry(1510, debit="100.00"), entry(3001, credit="99.99")))


def test_voucher_without_rows_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="no rows"):
        ExpectedVoucher(DAY, "Kundfaktura", ())


def test_plan_whose_voucher_is_not_its_invoice_cannot_be_built() -> None:
    made = plan()
    rows = (entry(1510, debit="400.00"), entry(3001, credit="400.00"))
    other = ExpectedVoucher(DAY, "Kundfaktura", rows, made.vouchers[0].made)
    with pytest.raises(UnbalancedPlanError, match="voucher and invoice"):
        replace(made, vouchers=(other, *made.vouchers[1:]))


def test_stop_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="reason"):
        Stopped(())


def test_stop_says_each_finding_once() -> None:
    first, again, other = Finding("A", "x", {"n": "1"}), Finding("A", "x", {"n": "2"}), Finding("A", "y")
    assert stopped([first, again, other]).findings == (first, other)


def test_vat_is_taken_out_once_per_rate_and_shared_by_revenue() -> None:
    made = plan(order(line("0.10", tax="0.02"), line("0.10", tax="0.02"), line("0.10", tax="0.02")))
    assert made.invoice.total_vat == sek("0.06")
    assert made.invoice.vat[0].net == sek("0.24")


@pytest.mark.parametrize(
    "an_order",
    [order(), order(line(), gift_card(), shipping=(shipping(),), tip=sek("7.77")), order(line("0.01"))],
    ids=["plain", "everything", "an öre"],
)
def test_every_voucher_has_one_sided_rows_that_balance(an_order: Order) -> None:
    for voucher in plan(an_order).vouchers:
        assert not [one for one in voucher.entries if one.debit and one.credit]
        assert sum(one.debit.minor for one in voucher.entries) == sum(one.credit.minor for one in voucher.entries)


def test_claim_on_the_buyer_is_nothing_when_the_shop_says_paid() -> None:
    made = plan(order(line("899.00"), gift_card()))
    claim = [one.debit - one.credit for voucher in made.vouchers for one in voucher.entries if one.account == 1510]
    assert sum(one.minor for one in claim) == 0


def test_row_is_quantity_times_unit_price() -> None:
    assert invoice_row("33.33", quantity=3).amount == Money(9999, "SEK")


def test_plan_knows_its_invoice_and_payments() -> None:
    made = plan()
    assert isinstance(made, Plan)
    assert made.invoice.reference1 == "#1001"
    assert [payment.transaction_id for payment in made.payments] == ["t1"]
