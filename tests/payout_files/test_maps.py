"""Any table by a person's map of its columns."""

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.money import Money
from app.model.payout import MatchKey, PayoutLineKind
from app.payouts.files import ColumnMap, DecimalSign
from tests.support.payout_files.files import SHOPIFY_HEADER, only, payouts, read, shopify, shopify_row

MAP = ColumnMap(
    provider="walley",
    name="Walley",
    day="Dag",
    amount="Belopp",
    fee="Avgift",
    fee_vat="Moms",
    kind="Sort",
    kinds={"Köp": PayoutLineKind.CHARGE, "Retur": PayoutLineKind.REFUND, "Avgift": PayoutLineKind.FEE},
    default_currency="SEK",
    payout_id="Utbetalning",
    payout_day="Utbetald",
    keys={MatchKey.ORDER_NAME: "Order"},
)
HEADER = "Dag;Sort;Order;Belopp;Avgift;Moms;Utbetalning;Utbetald\n"


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


def test_a_mapped_file_is_read_in_our_words() -> None:
    rows = (
        "2026-03-01;Köp;#1;1 000,00;20,00;5,00;U1;2026-03-04\n"
        "2026-03-02;RETUR;#1;-100,00;;;U1;2026-03-04\n"
        "2026-03-02;Justering;;3,50;;;U1;2026-03-04\n"
        "2026-03-03;Avgift;;-8,00;;2,00;U1;2026-03-04\n"
        "2026-03-03;Köp;#2;1,00;;;;\n"
    )
    found = read((HEADER + rows).encode("cp1252"), [MAP])
    (payout,) = found.payouts
    assert (payout.provider, payout.id, payout.paid_on, found.pending) == ("walley", "U1", date(2026, 3, 4), 1)
    assert [line.kind for line in payout.lines] == [
        PayoutLineKind.CHARGE,
        PayoutLineKind.REFUND,
        PayoutLineKind.OTHER,
        PayoutLineKind.FEE,
    ]
    assert [line.net for line in payout.lines] == [sek("975.00"), sek("-100.00"), sek("3.50"), sek("-10.00")]
    assert payout.lines[0].keys == {MatchKey.ORDER_NAME: "#1"}


def test_an_ambiguous_number_is_refused_with_line_and_column_unless_the_map_decides() -> None:
    content = (HEADER + "2026-03-01;Köp;#1;1.234;;;U1;2026-03-04\n").encode()
    (problem,) = read(content, [MAP]).problems
    assert (problem.line, problem.column) == (2, "Belopp")
    decided = ColumnMap(
        **{name: getattr(MAP, name) for name in MAP.__dataclass_fields__ if name != "decimals"},
        decimals=DecimalSign.COMMA,
    )
    assert only(content, [decided]).paid_out == sek("1234")


def test_rows_up_to_the_payouts_own_row_and_negative_fees_in_cents() -> None:
    columns = ColumnMap(
        provider="p",
        name="p",
        day="day",
        amount="gross",
        fee="fee",
        net="net",
        kind="type",
        kinds={"sale": PayoutLineKind.CHARGE},
        payout_words=frozenset({"Payout"}),
        currency="cur",
        fee_is_negative=True,
        is_minor=True,
        line_id="id",
    )
    content = (
        b"id,day,type,gross,fee,net,cur\na,2026-03-01,sale,10000,-250,9750,eur\n"
        b"b,2026-03-02,payout,-9750,,-9750,eur\nc,2026-03-03,sale,5,,5,eur\n"
    )
    found = read(content, [columns])
    (payout,) = found.payouts
    assert (payout.id, payout.paid_out, found.pending) == ("b", Money.of("97.50", "EUR"), 1)
    assert (payout.lines[0].id, payout.lines[0].fee) == ("a", Money.of("2.50", "EUR"))


def test_a_map_needs_a_way_to_group_and_a_currency() -> None:
    with pytest.raises(ValueError, match="grouped"):
        ColumnMap(provider="p", name="p", day="d", amount="a", default_currency="SEK")
    with pytest.raises(ValueError, match="currency"):
        ColumnMap(provider="p", name="p", day="d", amount="a", payout_id="u")


def test_a_map_of_few_columns_does_not_take_a_known_providers_file() -> None:
    columns = ColumnMap(
        provider="p", name="p", day="Payout Date", amount="Net", payout_id="Payout ID", currency="Currency"
    )
    content = shopify(shopify_row("charge", "#1", "2.00,1.00,1.00"))
    assert set(columns.headers) < {name.lower() for name in SHOPIFY_HEADER.split(",")}
    assert read(content, [columns]).provider == "shopify_payments"


def written(minor: int, sign: str, thousands: str) -> str:
    whole, cents = divmod(abs(minor), 100)
    return f"{'-' if minor < 0 else ''}{f'{whole:,}'.replace(',', thousands)}{sign}{cents:02}"


lines = st.tuples(st.integers(-(10**9), 10**9), st.integers(0, 10**6), st.text("abc#ÅÄ ;,\"'\n", max_size=8))


@given(st.lists(lines, min_size=1, max_size=20), st.sampled_from([(",", " "), (".", ","), (",", "."), (",", "\u00a0")]))
def test_whatever_is_written_is_read_back(rows: list[tuple[int, int, str]], signs: tuple[str, str]) -> None:
    stored = io.StringIO(newline="")
    writer = csv.writer(stored, delimiter=";")
    writer.writerow(HEADER.strip().split(";"))
    for gross, fee, order in rows:
        cells = (written(gross, *signs), written(fee, *signs))
        writer.writerow(("2026-03-01", "Köp", order, *cells, "", "U1", "2026-03-04"))
    (payout,) = payouts(stored.getvalue().encode(), [MAP])
    assert [(line.amount.minor, line.fee.minor) for line in payout.lines] == [(gross, fee) for gross, fee, _ in rows]
    assert payout.unexplained == sek("0")
    assert len({line.id for line in payout.lines}) == len(rows)
