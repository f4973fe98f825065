"""What a column map can say of a table, and what stops a file that its map does not cover."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.kit.money import Money
from app.model.payout import MatchKey, PayoutLineKind
from app.payouts.files import AmountColumn, ColumnMap, DayOrder, FeeColumn, ReadFile
from app.payouts.files.date_forms import DateFormError, pattern_of
from app.payouts.files.left_out import Reason
from tests.support.payout_files.files import only, read, xlsx

SPLIT = ColumnMap(
    provider="walley", name="Walley", day="Datum", amount="In", more_amounts=(AmountColumn(column="Ut"),),
    fee="Avgift", kind="Typ", kinds={"Köp": PayoutLineKind.CHARGE, "Retur": PayoutLineKind.REFUND},
    payout_id="Utbetalning", default_currency="SEK",
)  # fmt: skip
HEADER = "Datum;Typ;In;Ut;Avgift;Utbetalning\n"
SALE = "2026-11-11;Köp;349,00;;6,98;U1\n"


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


def codes(found: ReadFile) -> list[tuple[str, str]]:
    return [(problem.fault.code, problem.column) for problem in found.problems]


def test_deposits_and_withdrawals_in_two_columns() -> None:
    payout = only((HEADER + SALE + "2026-11-11;Retur;;-49,00;0;U1\n").encode(), [SPLIT])
    assert payout.paid_out == sek("293.02")
    assert [(line.kind.value, line.amount) for line in payout.lines] == [
        ("charge", sek("349.00")), ("refund", sek("-49.00")),
    ]  # fmt: skip


def test_withdrawals_without_a_minus() -> None:
    turned = replace(SPLIT, more_amounts=(AmountColumn(column="Ut", is_turned=True),))
    assert only((HEADER + SALE + "2026-11-11;Retur;;49,00;0;U1\n").encode(), [turned]).paid_out == sek("293.02")
    found = read((HEADER + SALE + "2026-11-11;Retur;;-49,00;0;U1\n").encode(), [turned])
    assert codes(found) == [("FILE_WITHDRAWAL_WITH_MINUS", "Ut")]


@pytest.mark.parametrize("row", ["2026-11-11;Köp;;;;U1", "2026-11-11;Köp;;;6,98;U1", "2026-11-11;Köp; ; ;0;U1"])
def test_row_without_any_amount_stops_the_file(row: str) -> None:
    assert codes(read((HEADER + SALE + row + "\n").encode(), [SPLIT])) == [("FILE_CELL_EMPTY", "In, Ut")]


def test_row_that_is_only_a_fee_needs_the_word_for_it() -> None:
    with_fees = replace(SPLIT, kinds={**SPLIT.kinds, "Månadsavgift": PayoutLineKind.FEE})
    payout = only((HEADER + SALE + "2026-11-12;Månadsavgift;;;99,00;U1\n").encode(), [with_fees])
    assert (payout.lines[1].kind, payout.lines[1].fee, payout.paid_out) == (
        PayoutLineKind.FEE, sek("99.00"), sek("243.02"),
    )  # fmt: skip


def test_two_amounts_in_one_row_are_two_movements_with_one_fee() -> None:
    columns = replace(
        SPLIT, kind="", kinds={}, amount="", more_amounts=(
            AmountColumn(column="In", kind=PayoutLineKind.CHARGE),
            AmountColumn(column="Ut", kind=PayoutLineKind.CHARGEBACK),
        ), ignored=frozenset({"Typ"}), line_id="Nr",
    )  # fmt: skip
    content = HEADER.replace("Datum", "Nr;Datum") + "7;2026-11-11;x;349,00;-49,00;6,98;U1\n"
    payout = only(content.encode(), [columns])
    assert [(line.id, line.kind.value, line.fee) for line in payout.lines] == [
        ("7", "charge", sek("6.98")), ("7 2", "chargeback", sek("0")),
    ]  # fmt: skip
    assert payout.paid_out == sek("293.02")


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        ("Rabatt", "1,50"),
        ("Rabatt", "SEK 1,50"),
        ("Rabatt", "1,50 EUR"),
        ("Okänd", "-0,10"),
        ("Belopp i öre", "4900"),
        ("Moms (25 %)", "10"),
        ("Tip Amount", "5"),
        ("", "1,00"),
    ],
)
def test_column_with_amounts_that_the_map_does_not_name_stops_the_file(header: str, cell: str) -> None:
    content = HEADER.replace("\n", f";{header}\n") + SALE.replace("\n", f";{cell}\n")
    (problem,) = read(content.encode(), [SPLIT]).problems
    assert problem.fault.code == "FILE_COLUMN_NOT_COVERED"
    assert problem.fault.values["columns"] == (header or "#7")
    said = replace(SPLIT, ignored=frozenset({header or "#7"}))
    assert only(content.encode(), [said]).paid_out == sek("342.02")


@pytest.mark.parametrize(
    ("header", "cell"),
    [("Kvitto", "1"), ("Tid", "10.30"), ("Kurs", "1,00"), ("Payout ID", "77"), ("Rabatt", "0,00"), ("Dag", "11.11.26"),
     ("Telefon", "0701234567"), ("Kort", "1234")],
)  # fmt: skip
def test_column_of_other_numbers_is_no_column_of_amounts(header: str, cell: str) -> None:
    content = HEADER.replace("\n", f";{header}\n") + SALE.replace("\n", f";{cell}\n")
    assert only(content.encode(), [SPLIT]).paid_out == sek("342.02")


STATUS = replace(SPLIT, status="Status", left_out_words=frozenset({"Failed", "Nekad"}))


def with_status(word: str) -> bytes:
    head, sale = HEADER.replace("\n", ";Status\n"), SALE.replace("\n", ";Paid out\n")
    return (head + sale + f"2026-11-11;Köp;50,00;;0;;{word}\n").encode()


@pytest.mark.parametrize("word", ["Failed", "FAILED", "nekad"])
def test_row_with_a_status_to_leave_out_is_counted_and_said(word: str) -> None:
    found = read(with_status(word), [STATUS])
    assert [(row.reason, row.word, row.amount, row.line) for row in found.left_out] == [
        (Reason.STATUS, word, Decimal("50.00"), 3)
    ]
    assert (found.payouts[0].paid_out, found.pending) == (sek("342.02"), 0)


@pytest.mark.parametrize("word", ["Cancelled", "Pending", "Declined", "Avbruten"])
def test_status_that_may_have_moved_nothing_stops_the_file_until_it_is_said(word: str) -> None:
    assert codes(read(with_status(word), [STATUS])) == [("FILE_STATUS_NOT_SAID", "Status")]
    taken = replace(STATUS, taken_words=frozenset({"Paid out", word}))
    assert read(with_status(word), [taken]).pending == 1


def test_with_words_that_count_any_other_status_stops_the_file() -> None:
    taken = replace(STATUS, taken_words=frozenset({"paid out"}))
    assert codes(read(with_status("Settled"), [taken])) == [("FILE_STATUS_NOT_SAID", "Status")]


def test_several_fees_with_their_own_signs_and_vat_inside() -> None:
    columns = ColumnMap(
        provider="nets", name="Nets", day="Dag", amount="Belopp", fee="Avgift", more_fees=(
            FeeColumn(column="Kortavgift", is_negative=True),
        ), fee_vat="Moms", fee_includes_vat=True, net="Netto", payout_id="Utb", default_currency="SEK",
    )  # fmt: skip
    content = "Dag;Belopp;Avgift;Kortavgift;Moms;Netto;Utb\n2026-11-11;100,00;2,00;-0,50;0,50;97,50;U1\n"
    (line,) = only(content.encode(), [columns]).lines
    assert (line.fee, line.fee_vat, line.net) == (sek("2.00"), sek("0.50"), sek("97.50"))


def test_whole_file_is_one_payout_with_a_footer_of_the_persons_own_words() -> None:
    columns = ColumnMap(
        provider="zettle", name="Zettle", day="Datum", amount="Totalt", fee="Avgift", fee_is_negative=True,
        is_one_payout=True, default_currency="SEK", footer_words=frozenset({"Kontrollsumma"}),
    )  # fmt: skip
    rows: list[list[object]] = [
        ["Datum", "Totalt", "Avgift"], [datetime(2026, 11, 11, 10), 349, -6.11], [datetime(2026, 11, 12, 11), -49, 0],  # noqa: DTZ001
        ["Kontrollsumma:", 300, -6.11],
    ]  # fmt: skip
    found = read(xlsx(rows), [columns])
    (payout,) = found.payouts
    assert (payout.id, payout.paid_on, payout.paid_out) == (
        "2026-11-11 – 2026-11-12",
        date(2026, 11, 12),
        sek("293.89"),
    )
    assert payout.is_captured is False
    assert [(row.text, row.amount, row.fee) for row in found.left_out] == [
        ("Kontrollsumma:", Decimal(300), Decimal("6.11")),
    ]  # fmt: skip
    rows[-1][1] = 301
    assert codes(read(xlsx(rows), [columns])) == [("FILE_TOTAL_DIFFERS", "Totalt")]


def test_total_of_several_fee_columns_is_said_with_their_sum() -> None:
    columns = ColumnMap(
        provider="acme", name="Acme", day="Dag", amount="Belopp", fee="Avgift", payout_id="Utb", default_currency="SEK",
        more_fees=(FeeColumn(column="Kortavgift", is_negative=True),),
    )  # fmt: skip
    content = "Dag;Belopp;Avgift;Kortavgift;Utb\n2026-11-11;100,00;2,00;-0,50;U1\nSumma;100,00;2,00;-0,50;\n"
    (row,) = read(content.encode(), [columns]).left_out
    assert (row.amount, row.fee) == (Decimal("100.00"), Decimal("2.50"))


@pytest.mark.parametrize(("footer", "fee"), [("Summa;10000;200;", "2"), ("Summa;10000;;", None), ("Rapport", None)])
def test_fee_of_a_total_is_in_kronor_and_none_where_nothing_tells_it(footer: str, fee: str | None) -> None:
    columns = ColumnMap(
        provider="acme", name="Acme", day="Dag", amount="Belopp", fee="Avgift", payout_id="Utb", default_currency="SEK",
        is_minor=True, footer_words=frozenset({"rapport"}),
    )  # fmt: skip
    content = f"Dag;Belopp;Avgift;Utb\n2026-11-11;10000;200;U1\n{footer}\n"
    (row,) = read(content.encode(), [columns]).left_out
    assert row.fee == (None if fee is None else Decimal(fee))


def test_rows_of_other_sections_are_left_out_whatever_their_width() -> None:
    columns = ColumnMap(
        provider="cdon", name="CDON", day="Datum", amount="Belopp", payout_id="Utb", default_currency="SEK",
        section="Rad", section_words=frozenset({"T"}),
    )  # fmt: skip
    content = (
        "S;Butik;2026-11-12;349,00\nRad;Datum;Belopp;Utb\nT;2026-11-11;349,00;U1\nX;rad\nS;Butik;2026-11-13;1,00;2;3\n"
    )
    found = read(content.encode(), [columns])
    assert found.payouts[0].paid_out == sek("349.00")
    assert [(row.reason, row.word) for row in found.left_out] == [(Reason.SECTION, "X"), (Reason.SECTION, "S")]


def test_accounts_of_a_provider_in_one_file_keep_their_payouts_apart() -> None:
    columns = replace(SPLIT, account_column="Konto")
    rows = SALE.replace("\n", ";A\n") + SALE.replace("\n", ";B\n")
    found = read((HEADER.replace("\n", ";Konto\n") + rows).encode(), [columns])
    assert [(payout.account, payout.id, payout.paid_out) for payout in found.payouts] == [
        ("A", "U1", sek("342.02")), ("B", "U1", sek("342.02")),
    ]  # fmt: skip


def test_minor_units_time_of_its_own_and_zone() -> None:
    columns = ColumnMap(
        provider="resurs", name="Resurs", day="Dag", clock="Kl", zone="UTC", amount="Öre", payout_id="Utb",
        default_currency="SEK", is_minor=True, keys={MatchKey.ORDER_NAME: "Order"},
    )  # fmt: skip
    (line,) = only(b"Dag;Kl;\xc3\x96re;Utb;Order\n2026-11-11;23:30;34900;U1;#1\n", [columns]).lines
    assert (line.amount, line.occurred_on) == (sek("349.00"), date(2026, 11, 12))


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("DD.MM.YY", "11.12.26"), ("YY-MM-DD", "26-12-11"), ("D MMM YYYY", "11 dec. 2026"),
        ("MMM D, YYYY", "Dec 11, 2026"), ("YYYYMMDD HH:mm", "20261211 10:00"),
        ("MM/DD/YYYY hh:mm:ss AM", "12/11/2026 10:00:00 am"),
        ("DD/MM/YYYY HH:mm", "11/12/2026"),
    ],
)  # fmt: skip
def test_day_in_a_form_that_a_person_spells_out(form: str, text: str) -> None:
    columns = replace(SPLIT, date_form=form)
    payout = only((HEADER + SALE.replace("2026-11-11", text)).encode(), [columns])
    assert payout.lines[0].occurred_on == date(2026, 12, 11)
    found = read((HEADER + SALE).encode(), [replace(SPLIT, date_form="DD.MM.YY")])
    assert codes(found) == [("FILE_CELL_NO_DATE", "Datum")]


@pytest.mark.parametrize("form", ["", "DD", "MM.YYYY", "DD.DD.YYYY", "abc"])
def test_form_without_a_whole_day_is_none(form: str) -> None:
    with pytest.raises(DateFormError):
        pattern_of(form)


def test_order_of_the_days_may_be_said() -> None:
    content = (HEADER + SALE.replace("2026-11-11", "03/04/2026 10:00 PM")).encode()
    assert codes(read(content, [SPLIT])) == [("FILE_DATE_TWO_WAYS", "Datum")]
    said: dict[str, Any] = {"day_order": DayOrder.MONTH_FIRST}
    assert only(content, [replace(SPLIT, **said)]).lines[0].occurred_on == date(2026, 3, 4)


@pytest.mark.parametrize("amount", ["-100,00", "100,00"])
def test_payouts_own_row_may_be_written_with_or_without_a_minus(amount: str) -> None:
    columns = replace(SPLIT, payout_words=frozenset({"Utbetalning"}), more_amounts=(), ignored=frozenset({"Ut"}))
    rows = "2026-11-11;Köp;100,00;;0;U1\n" + f"2026-11-12;Utbetalning;{amount};;0;U1\n"
    payout = only((HEADER + rows).encode(), [columns])
    assert (payout.paid_out, payout.unexplained, payout.is_captured) == (sek("100.00"), sek("0"), True)
    cut = read((HEADER + rows.replace("Köp;100,00", "Köp;90,00")).encode(), [columns]).payouts[0]
    assert cut.unexplained != sek("0")


@pytest.mark.parametrize(
    ("cell", "currency", "right"),
    [("SEK 349,00", "SEK", True), ("kr 349,00", "SEK", True), ("349,00 kr", "NOK", True), ("€349,00", "EUR", True),
     ("349,00 EUR", "EUR", True), ("349,00 EUR", "SEK", False), ("€ 349,00", "SEK", False), ("349,00 kr", "EUR", False),
     ("349,00 abc", "SEK", False)],
)  # fmt: skip
def test_currency_beside_an_amount_is_that_of_the_row_or_stops_the_file(
    cell: str, currency: str, *, right: bool
) -> None:
    content = (HEADER + SALE.replace("349,00", cell)).encode()
    found = read(content, [replace(SPLIT, default_currency=currency)])
    assert codes(found) == ([] if right else [("FILE_CELL_NO_AMOUNT", "In")])
    assert [payout.paid_out for payout in found.payouts] == ([Money.of("342.02", currency)] if right else [])


def test_total_in_minor_units_is_shown_in_kronor() -> None:
    columns = replace(SPLIT, is_minor=True)
    content = (HEADER + "2026-11-11;Köp;34900;;698;U1\nTotalt;;34900;;698;\n").encode()
    (row,) = read(content, [columns]).left_out
    assert row.amount == Decimal(349)
