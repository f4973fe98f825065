"""Since API 2026-10 an address change of an unfulfilled order recalculates its taxes without an edit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from app.periods.oss_figures import oss_documents
from app.periods.oss_return import Quarter, figures_of
from app.schema import Tenant
from sandbox.stories.stage import Stage
from tests.support.order_histories.histories import (
    BOUGHT,
    MAJA,
    back,
    bag,
    balances,
    codes,
    documents,
    line,
    money,
    refund,
    returned,
    shipping,
    state,
    told,
)

MOVED, LATER = "2026-11-10T10:00:00+01:00", "2026-11-13T10:00:00+01:00"
ANNA = {"name": "Anna Blume", "address1": "Allee 1", "zip": "10115", "city": "Berlin", "countryCodeV2": "DE"}
OLA = {"name": "Ola Nordmann", "address1": "Gata 1", "zip": "0150", "city": "Oslo", "countryCodeV2": "NO"}
PIA = {"name": "Pia Hansen", "address1": "Gade 1", "zip": "1050", "city": "København", "countryCodeV2": "DK"}
PAID = [money(1, "500.00")]
VOEC = {"collects_vat_for": ["NO"]}

IN_SWEDEN = {"1581": 500, "2611": -100, "3001": -400}
IN_GERMANY = {"1581": 500, "2676": Decimal("-79.83"), "3116": Decimal("-420.17")}
IN_DENMARK = {"1581": 500, "2677": -100, "3117": -400}
EXPORT = {"1581": 500, "3105": -500}
WITH_MVA = {"1581": 500, "2894": -100, "3105": -400}


def at(address: dict[str, Any], rate: str, moment: str = BOUGHT, **more: Any) -> dict[str, Any]:
    lines = more.pop("lines", [line(1, "500.00", rate=rate)])
    paid = more.pop("transactions", PAID)
    current = more.pop("current", "500.00")
    more = {"billingAddress": address, "shippingAddress": address} | more
    return state(lines, "500.00", current, at=moment, transactions=paid, **more)


WAYS = [
    (at(MAJA, "25"), at(ANNA, "19", MOVED), IN_SWEDEN, IN_GERMANY, {}),
    (at(MAJA, "25"), at(OLA, "0", MOVED), IN_SWEDEN, EXPORT, {}),
    (at(ANNA, "19"), at(MAJA, "25", MOVED), IN_GERMANY, IN_SWEDEN, {}),
    (at(MAJA, "25"), at(PIA, "25", MOVED), IN_SWEDEN, IN_DENMARK, {}),
    (at(MAJA, "25"), at(OLA, "25", MOVED), IN_SWEDEN, WITH_MVA, VOEC),
    (at(OLA, "25"), at(MAJA, "25", MOVED), WITH_MVA, IN_SWEDEN, VOEC),
]


@pytest.mark.parametrize(("before", "after", "first", "last", "rules"), WAYS)
def test_booked_order_that_moves_is_credited_and_invoiced_anew(
    stage: Stage,
    before: dict[str, Any],
    after: dict[str, Any],
    first: dict[str, Any],
    last: dict[str, Any],
    rules: dict[str, Any],
) -> None:
    observed = told(stage, before, after, after | {"updatedAt": LATER, "note": "tagged"}, **rules)
    assert balances(observed[0]) == first
    anew = [("invoice", "2026-11-03", 500), ("credit", "2026-11-10", -500), ("invoice", "2026-11-10", 500)]
    assert documents(observed[1]) == anew
    assert [document.balance for document in observed[1].documents] == [0, 0, 0]
    assert balances(observed[1]) == last
    assert documents(observed[2]) == anew, "looked at again, nothing follows"
    assert codes(observed[2]) == []


@pytest.mark.parametrize(
    ("before", "after", "vat"),
    [
        (at(MAJA, "25"), at(ANNA, "19", MOVED), Decimal("79.83")),
        (at(ANNA, "19"), at(MAJA, "25", MOVED), 0),
    ],
)
def test_oss_return_counts_a_sale_where_it_went(
    stage: Stage, before: dict[str, Any], after: dict[str, Any], vat: Decimal | int
) -> None:
    told(stage, before, after)
    quarter = Quarter(2026, 4)
    with stage.program.store.read() as session:
        newest = session.scalar(select(func.max(Tenant.id))) or 0
        found = figures_of(quarter, oss_documents(session, newest, quarter), {"SEK": Decimal("11.05")})
    assert sum(figure.vat.decimal for figure in found) == vat


@pytest.mark.parametrize(("before", "after", "_first", "last", "rules"), WAYS)
def test_order_that_moved_before_it_was_seen_is_booked_where_it_went(
    stage: Stage,
    before: dict[str, Any],
    after: dict[str, Any],
    _first: dict[str, Any],
    last: dict[str, Any],
    rules: dict[str, Any],
) -> None:
    unpaid = before | {"transactions": []}
    observed = told(stage, unpaid, after, **rules)
    assert documents(observed[1]) == [("invoice", "2026-11-03", 500)]
    assert balances(observed[1]) == last


def test_price_without_its_vat_is_credited_down_to_what_is_left(stage: Stage) -> None:
    """Prices without taxes: the export costs 100.00 less, which are paid back."""
    taxed = line(1, "400.00", rate="0") | {"taxLines": [{"title": "VAT", "rate": "0.25", "priceSet": bag("100.00")}]}
    less = refund(1, MOVED, paid=(2, "100.00"))
    observed = told(
        stage,
        at(MAJA, "25", lines=[taxed], taxesIncluded=False),
        at(OLA, "0", MOVED, lines=[line(1, "400.00", rate="0")], taxesIncluded=False, current="400.00",
           refunds=[less], transactions=[*PAID, back(2, "100.00", MOVED)]),
    )  # fmt: skip
    assert balances(observed[1]) == {"1581": 400, "3105": -400}
    assert codes(observed[1]) == []


def test_refund_of_an_order_that_moved_follows_its_new_invoice(stage: Stage) -> None:
    gone = refund(1, LATER, returned(1, "500.00", rate="19"), paid=(2, "500.00"))
    observed = told(
        stage,
        at(MAJA, "25"),
        at(ANNA, "19", MOVED),
        at(ANNA, "19", LATER, lines=[line(1, "500.00", rate="19", left=0)], current="0.00", refunds=[gone],
           transactions=[*PAID, back(2, "500.00", LATER)]),
    )  # fmt: skip
    assert documents(observed[2])[3:] == [("credit", "2026-11-13", -500)]
    assert balances(observed[2]) == {}
    assert codes(observed[2]) == []


def test_shipping_and_what_was_returned_before_move_with_it(stage: Stage) -> None:
    def told_at(address: dict[str, Any], rate: str, moment: str) -> dict[str, Any]:
        return state(
            [line(1, "200.00", quantity=2, left=1, rate=rate)], "450.00", "250.00", at=moment,
            shippingLines={"nodes": [shipping(1, "50.00", rate=rate)]}, billingAddress=address,
            shippingAddress=address, transactions=[money(1, "450.00"), back(2, "200.00", MOVED)],
            refunds=[refund(1, MOVED, returned(1, "200.00", rate=rate), paid=(2, "200.00"))],
        )  # fmt: skip

    observed = told(stage, told_at(MAJA, "25", MOVED), told_at(OLA, "0", LATER))
    assert balances(observed[0]) == {"1581": 250, "2611": -50, "3001": -160, "3520": -40}
    assert balances(observed[1]) == {"1581": 250, "3105": -200, "3522": -50}
    assert codes(observed[1]) == []


def test_what_was_sent_is_taxed_where_it_went(stage: Stage) -> None:
    sent: dict[str, Any] = {"fulfillments": [{"createdAt": "2026-11-05T10:00:00+01:00", "status": "SUCCESS"}]}
    observed = told(stage, at(MAJA, "25", **sent), at(ANNA, "25", MOVED, **sent))
    assert documents(observed[1]) == [("invoice", "2026-11-03", 500)]
    assert balances(observed[1]) == IN_SWEDEN


def test_move_within_a_country_makes_no_document(stage: Stage) -> None:
    observed = told(stage, at(MAJA, "25"), at(MAJA | {"address1": "Lillgatan 2", "zip": "41101"}, "25", MOVED))
    assert documents(observed[1]) == [("invoice", "2026-11-03", 500)]
    assert codes(observed[1]) == []


def test_move_to_where_nothing_may_be_sold_stops_with_the_reason(stage: Stage) -> None:
    observed = told(stage, at(MAJA, "25"), at(OLA, "0", MOVED), exports="stop")
    assert (observed[1].state, documents(observed[1])) == ("stopped", [("invoice", "2026-11-03", 500)])
    assert len(codes(observed[1])) == 1
