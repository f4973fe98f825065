"""Payments, vouchers, accounts and years of the Fortnox emulator, over real HTTP."""

from collections.abc import Iterator

import pytest

from tests.support.contract.fortnox_emulator import Fortnox, connected, row


@pytest.fixture(scope="module")
def served() -> Iterator[Fortnox]:
    with connected() as fortnox:
        yield fortnox


@pytest.fixture
def fortnox(served: Fortnox) -> Fortnox:
    return served.reset()


def _voucher(*rows: tuple[int, float], **fields: object) -> dict[str, object]:
    """Make a voucher of (account, amount) rows; debit positive."""
    sent = [{"Account": account, "Debit" if amount >= 0 else "Credit": abs(amount)} for account, amount in rows]
    base = {"Description": "Utbetalning", "VoucherSeries": "A", "TransactionDate": "2026-11-02", "VoucherRows": sent}
    return base | fields


def test_a_payment_counts_only_when_booked(fortnox: Fortnox) -> None:
    invoice = fortnox.booked(row(100))
    payment = fortnox.ok("POST", "invoicepayments", "InvoicePayment", {"InvoiceNumber": 1, "Amount": 125})
    assert (payment["Booked"], payment["Number"]) == (False, "1")
    assert fortnox.ok("GET", "invoices/1", "Invoice")["Balance"] == 125
    booked = fortnox.ok("PUT", "invoicepayments/1/bookkeep", "InvoicePayment")
    assert (booked["Booked"], booked["VoucherSeries"], booked["VoucherNumber"]) == (True, "C", 1)
    paid = fortnox.ok("GET", "invoices/1", "Invoice")
    assert (paid["Balance"], paid["FinalPayDate"]) == (0, invoice["InvoiceDate"])
    assert fortnox.balances() == {"1930": 12500, "2611": -2500, "3001": -10000}


def test_a_payment_may_go_to_a_clearing_account_without_a_mode(fortnox: Fortnox) -> None:
    invoice = fortnox.booked(row(100))
    fortnox.paid(invoice, 25, ModeOfPaymentAccount=1581)
    fortnox.paid(invoice, 100, ModeOfPayment="API_BLANK", ModeOfPaymentAccount=1583)
    assert fortnox.balances() == {"1581": 2500, "1583": 10000, "2611": -2500, "3001": -10000}


def test_write_offs_come_on_top_of_the_amount(fortnox: Fortnox) -> None:
    paid = fortnox.paid(fortnox.booked(row(100)), 120, WriteOffs=[{"Amount": 5, "AccountNumber": 3740}])
    assert paid["Balance"] == 0
    assert fortnox.balances() == {"1930": 12000, "2611": -2500, "3001": -10000, "3740": 500}


def test_write_offs_within_the_amount_are_a_switch(fortnox: Fortnox) -> None:
    fortnox.switch(writeoff_included_in_amount=True)
    paid = fortnox.paid(fortnox.booked(row(100)), 120, WriteOffs=[{"Amount": 5, "AccountNumber": 3740}])
    assert paid["Balance"] == 5
    assert fortnox.balances() == {"1510": 500, "1930": 11500, "2611": -2500, "3001": -10000, "3740": 500}


def test_a_credit_invoice_is_paid_with_a_negative_amount(fortnox: Fortnox) -> None:
    fortnox.booked(row(100))
    fortnox.ok("PUT", "invoices/1/credit", "Invoice")
    credit = fortnox.ok("PUT", "invoices/2/bookkeep", "Invoice")
    assert fortnox.paid(credit, -125, ModeOfPaymentAccount=1581)["Balance"] == 0
    assert fortnox.balances() == {"1510": 12500, "1581": -12500}


def test_a_currency_difference_goes_to_gain_or_loss(fortnox: Fortnox) -> None:
    invoice = fortnox.booked(row(100, vat=0), Currency="EUR", CurrencyRate=11)
    fortnox.paid(invoice, 440, AmountCurrency=40, CurrencyRate=11, ModeOfPaymentAccount=1582)
    paid = fortnox.paid(invoice, 630, AmountCurrency=60, CurrencyRate=10.5, ModeOfPaymentAccount=1582)
    assert paid["Balance"] == 0
    assert fortnox.balances() == {"1582": 107000, "3004": -110000, "7960": 3000}


def test_the_last_payment_in_a_currency_clears_the_claim_to_the_ore(fortnox: Fortnox) -> None:
    invoice = fortnox.booked(row(1, vat=0), Currency="EUR", CurrencyRate=11.11)
    for amount in (0.33, 0.33, 0.34):  # 3.67 + 3.67 + 3.78 kronor would be one öre too much
        fortnox.paid(invoice, None, AmountCurrency=amount, ModeOfPaymentAccount=1582)
    assert fortnox.balances() == {"1582": 1112, "3004": -1111, "3960": -1}


def test_unfit_payments_are_refused(fortnox: Fortnox) -> None:
    fortnox.booked(row(100), InvoiceDate="2026-11-10")
    fortnox.invoice(row(100))

    def refusal(**fields: object) -> str:
        body = {"InvoiceNumber": 1, "Amount": 1} | fields
        return fortnox.refused("POST", "invoicepayments", "InvoicePayment", body)[1]

    assert refusal(PaymentDate="2026-11-09") == "Betalningsdatum före fakturadatum"
    assert refusal(Currency="EUR") == "Valuta EUR och valuta SEK stämmer inte överens"
    assert "inte bokförd" in refusal(InvoiceNumber=2)
    assert "betalningssätt" in refusal(ModeOfPayment="XX")
    assert "Kan inte hitta fakturan" in refusal(InvoiceNumber=99)
    assert "Obligatoriskt" in refusal(Amount=None)


def test_an_overpayment_is_taken_unless_the_switch_says_no(fortnox: Fortnox) -> None:
    invoice = fortnox.booked(row(100))
    assert fortnox.paid(invoice, 125.01)["Balance"] == -0.01
    fortnox.switch(overpayment_refused=True)
    body = {"InvoiceNumber": 1, "Amount": 1}
    assert "överstiger" in fortnox.refused("POST", "invoicepayments", "InvoicePayment", body)[1]


def test_an_unbooked_payment_can_be_changed_and_deleted_a_booked_one_not(fortnox: Fortnox) -> None:
    fortnox.booked(row(100))
    fortnox.ok("POST", "invoicepayments", "InvoicePayment", {"InvoiceNumber": 1, "Amount": 1})
    assert fortnox.ok("PUT", "invoicepayments/1", "InvoicePayment", {"Amount": 2})["AmountCurrency"] == 2
    moved = fortnox.ok("PUT", "invoicepayments/1", "InvoicePayment", {"ModeOfPayment": "KONT"})
    assert moved["ModeOfPaymentAccount"] == 1910
    assert fortnox.call("DELETE", "invoicepayments/1").status_code == 204
    fortnox.paid({"DocumentNumber": "1"}, 3)
    assert "bokförd" in fortnox.refused("DELETE", "invoicepayments/2", "InvoicePayment")[1]
    assert "bokförd" in fortnox.refused("PUT", "invoicepayments/2", "InvoicePayment", {"Amount": 4})[1]
    assert "bokförd" in fortnox.refused("PUT", "invoicepayments/2/bookkeep", "InvoicePayment")[1]


def test_payments_are_found_by_exact_invoice_number(fortnox: Fortnox) -> None:
    for _ in range(11):
        fortnox.booked(row(100))
    fortnox.paid({"DocumentNumber": "1"}, 1, ExternalInvoiceReference1="ord-1")
    fortnox.paid({"DocumentNumber": "11"}, 1)
    (found,) = fortnox.get("invoicepayments", invoicenumber=1)["InvoicePayments"]
    assert (found["InvoiceNumber"], found["WriteOffExist"], found["ModeOfPaymentAccount"]) == (1, False, "1930")


def test_a_voucher_is_kept_with_its_rows(fortnox: Fortnox) -> None:
    made = fortnox.ok("POST", "vouchers", "Voucher", _voucher((1930, 965), (6041, 35), (1581, -1000)))
    assert (made["VoucherNumber"], made["Year"], made["VoucherSeries"]) == (1, 2, "A")
    shown = fortnox.ok("GET", "vouchers/A/1", "Voucher", financialyear=2)
    assert [(r["Account"], r["Debit"], r["Credit"]) for r in shown["VoucherRows"]] == [
        (1930, 965, 0),
        (6041, 35, 0),
        (1581, 0, 1000),
    ]
    assert shown["VoucherRows"][0]["Description"] == "Företagskonto"
    assert "VoucherRows" not in fortnox.get("vouchers/sublist/A", fromdate="2026-11-02")["Vouchers"][0]
    assert fortnox.get("vouchers/sublist/A", fromdate="2026-11-03")["Vouchers"] == []
    assert fortnox.get("vouchers/sublist/B")["Vouchers"] == []


def test_unfit_vouchers_are_refused(fortnox: Fortnox) -> None:
    fortnox.company(inactive_accounts=[6041], locked_until="2026-06-30")
    good = ((1930, 1), (1581, -1))

    def refusal(*rows: tuple[int, float], **fields: object) -> tuple[int, str]:
        return fortnox.refused("POST", "vouchers", "Voucher", _voucher(*(rows or good), **fields))

    assert "balanserar inte" in refusal((1930, 2), (1581, -1))[1]
    assert refusal((6041, 1), (1581, -1))[0] == 2000550
    assert refusal((1999, 1), (1581, -1))[0] == 2001304
    assert refusal(VoucherSeries="B")[1] == "Verifikationsserien är inte manuell (B)"
    assert refusal(TransactionDate="2026-06-30")[0] == 2000401
    assert "Räkenskapsår saknas" in refusal(TransactionDate="2031-01-01")[1]
    assert refusal(Description="x" * 201)[0] == 2000107
    assert refusal(CostCenter="X")[1] == "Kunde inte hämta/hitta kostnadsställe"
    assert fortnox.ledger()["vouchers"] == []


def test_voucher_numbers_run_within_series_and_year(fortnox: Fortnox) -> None:
    days = ["2025-12-31", "2026-01-01", "2026-01-02"]
    made = [
        fortnox.ok("POST", "vouchers", "Voucher", _voucher((1930, 1), (1581, -1), TransactionDate=day)) for day in days
    ]
    assert [(v["Year"], v["VoucherNumber"]) for v in made] == [(1, 1), (2, 1), (2, 2)]
    assert fortnox.ok("GET", "voucherseries/A", "VoucherSeries")["NextVoucherNumber"] == 3


def test_every_booking_balances(fortnox: Fortnox) -> None:
    fortnox.company(vat_rates=[25, 12, 6, 0, 19, 25.5], whole_krona_rounding=True)
    for included in (True, False):
        for currency in ("SEK", "EUR"):
            invoice = (
                fortnox.booked(
                    row(33.33, quantity="1.37"),
                    row("0.07", vat=12, quantity=3),
                    row(99.99, vat=6, Discount=12.5),
                    row(19.99, vat=25.5, AccountNumber=3120),
                    row(-5, vat=0, AccountNumber=2421) if included else row(5, vat=0, AccountNumber=2421),
                    VATIncluded=included,
                    Currency=currency,
                )
                if not included
                else fortnox.booked(
                    row(33.33, quantity="1.37"),
                    row(7.77, vat=19, AccountNumber=3116),
                    VATIncluded=True,
                    Currency=currency,
                )
            )
            part = fortnox.paid(invoice, None, AmountCurrency=11.11, CurrencyRate=invoice["CurrencyRate"])
            rest = fortnox.paid(invoice, None, AmountCurrency=part["Balance"], CurrencyRate=invoice["CurrencyRate"])
            assert rest["Balance"] == 0
            fortnox.ok("PUT", f"invoices/{invoice['DocumentNumber']}/credit", "Invoice")
    assert len(fortnox.ledger()["vouchers"]) == 12
    assert "1510" not in fortnox.balances()


def test_the_chart_holds_every_account_with_its_vat_code(fortnox: Fortnox) -> None:
    chart = {a["Number"]: a for a in fortnox.get("accounts", limit=500)["Accounts"]}
    assert {n: chart[n]["VATCode"] for n in (1510, 1581, 2421, 3001, 3002, 3003, 3740, 6041)} == {
        1510: "",
        1581: "",
        2421: "",
        3001: "MP1",
        3002: "MP2",
        3003: "MP3",
        3740: "",
        6041: "ITEU",
    }
    assert fortnox.get("accounts")["MetaInformation"]["@TotalPages"] == 3
    assert fortnox.call("GET", "accounts/9999").json()["ErrorInformation"]["Code"] == 2000423


def test_accounts_belong_to_a_year(fortnox: Fortnox) -> None:
    new = {"Number": 3777, "Description": "Ny"}
    assert fortnox.ok("POST", "accounts", "Account", new, financialyear=1)["Year"] == 1
    assert fortnox.call("GET", "accounts/3777").status_code == 404
    assert fortnox.call("GET", "accounts/3777", financialyear=1).status_code == 200
    assert fortnox.ok("PUT", "accounts/3001", "Account", {"Active": False})["Active"] is False


def test_a_missing_year_can_be_opened(fortnox: Fortnox) -> None:
    year = 2027
    assert fortnox.get("financialyears", date=f"{year}-05-05")["FinancialYears"] == []
    body = {"FromDate": f"{year}-01-01", "ToDate": f"{year}-12-31"}
    assert fortnox.ok("POST", "financialyears", "FinancialYear", body)["Id"] == 3
    (found,) = fortnox.get("financialyears", Date=f"{year}-05-05")["FinancialYears"]
    assert found["Id"] == 3
    assert fortnox.booked(row(1), InvoiceDate=f"{year}-02-02")["VoucherYear"] == 3
    assert "överlappar" in fortnox.refused("POST", "financialyears", "FinancialYear", body)[1]
