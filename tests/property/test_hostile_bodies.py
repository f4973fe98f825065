"""Whatever stands in a body, an answer or a file: it is read, or refused as what it is. Nothing else happens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import simplejson
from hypothesis import given
from hypothesis import strategies as st

from app.kit.http.client import NumberBeyondError, read_json
from app.kit.money import MoneyError
from app.model.order import Order
from app.orders.planning.planner import decide
from app.orders.preview import preview
from app.payouts.files import RowsTwice
from app.payouts.imports.file_outlines import outline_to_json, read_whole
from app.shops.base import BodyNotUnderstoodError, traded
from app.shops.qliro.orders.order import normalize as normalize_qliro
from app.shops.qliro.pushes import open_push
from app.shops.shopify import pasted
from app.shops.shopify.orders.order import normalize as normalize_shopify
from app.shops.shopify.orders.rest import normalize_rest
from app.shops.shopify.verify import open_envelope
from app.tenants.rules import DocumentCurrency, TenantRules
from tests.support.builders import rules
from tests.support.payout_files.files import SHOPIFY_HEADER, shopify_row
from tests.support.unit.shopify_bodies import graphql_order, rest_order

HOSTILE: tuple[Any, ...] = (
    None, True, -1, 0, 2**63, 10**40, "", "x", "\0", "\ud800", "1e99999999999999999999", "-1e999", "NaN", "Infinity",
    "9" * 400, "9" * 5_000, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "0000-00-00", [], {}, [[]],
    [None], {"amount": "NaN", "currencyCode": "SEK"}, "𝟙", "²", "SE\u202e", "x" * 70_000,
)  # fmt: skip

QLIRO = {
    "OrderId": 4711, "Currency": "SEK", "Country": "SE", "MerchantReference": "1001", "TotalPrice": 125,
    "OrderItems": [
        {
            "MerchantReference": "SKU", "Description": "Vara", "Type": "Product", "Quantity": 1, "VatRate": 25,
            "PricePerItemIncVat": 125, "PricePerItemExVat": 100, "PaymentTransactionId": 1,
        }
    ],
    "PaymentTransactions": [
        {
            "PaymentTransactionId": 1, "Type": "Capture", "Status": "Success", "Amount": 125, "Currency": "SEK",
            "Timestamp": "2026-11-02T09:00:00Z",
        }
    ],
}  # fmt: skip


def places(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a body."""
    inner = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for name, value in inner:
        yield (*path, name)
        yield from places(value, (*path, name))


def put(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The body with another value in one place."""
    if not path:
        return value
    first, *rest = path
    changed = dict(body) if isinstance(body, dict) else list(body)
    changed[first] = put(body[first], tuple(rest), value)
    return changed


@st.composite
def spoilt(draw: st.DrawFn, body: Any) -> Any:
    """A right body with one or two places that are not."""
    for _time in range(draw(st.integers(1, 2))):
        body = put(body, draw(st.sampled_from(list(places(body)))), draw(st.sampled_from(HOSTILE)))
    return body


def is_storable(order: Order) -> bool:
    """Whether the database could hold it: its texts, its times and its amounts."""
    repr(order).encode()
    order.created_at.astimezone()
    return abs(order.total.minor) < 2**63


def planned(order: Order) -> None:
    """A plan is made or the order is stopped, and the database can hold it."""
    assert is_storable(order)
    decide(order, rules())


def test_bodies_to_spoil_are_right() -> None:
    shops = normalize_shopify(graphql_order(), shop="x.myshopify.com", currency=DocumentCurrency.PRESENTMENT)
    qliros = normalize_qliro(QLIRO, shop="KEY@qliro")
    assert qliros is not None
    assert (str(shops.total), str(qliros.total)) == ("533.00 SEK", "125.00 SEK")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(HOSTILE[:18]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


BODIES = st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode())


@given(BODIES)
def test_json_is_read_and_can_be_stored_or_is_refused(content: bytes) -> None:
    try:
        value = read_json(content)
    except ValueError:
        return
    simplejson.dumps(value, ensure_ascii=False).encode()
    assert "\0" not in json.dumps(value, default=str, ensure_ascii=False)


@pytest.mark.parametrize("number", ["1e99999999999999999999", "-1E+99999999999999999999", "NaN", "-Infinity"])
def test_number_beyond_all_numbers_is_told_from_what_is_no_json(number: str) -> None:
    with pytest.raises(NumberBeyondError):
        read_json(f'{{"OrderId": {number}}}'.encode())


def test_signs_that_no_database_holds_become_the_one_for_that() -> None:
    assert read_json(rb'{"a\ud800": ["x\u0000y", "\ud83d\ude00"]}') == {"a\ufffd": ["x\ufffdy", "😀"]}


PUSH = {
    "OrderId": 1, "PaymentTransactionId": 2, "PaymentType": "Capture", "Status": "Success",
    "Timestamp": "2026-11-02T09:00:00Z", "NotificationType": "x",
}  # fmt: skip


@given(BODIES | spoilt(PUSH).map(lambda value: json.dumps(value).encode()))
def test_push_is_opened_or_is_no_json(body: bytes) -> None:
    try:
        envelope = open_push(body)
    except ValueError:
        return
    "".join((envelope.topic, envelope.delivery_id, envelope.subject or "")).encode()
    assert envelope.triggered_at is None or envelope.triggered_at.utctimetuple()


@given(
    BODIES,
    st.sampled_from(["orders/paid", "orders/edited", "refunds/create", "shop/update", ""]),
    st.sampled_from([one for one in HOSTILE if isinstance(one, str)]),
)
def test_webhook_is_opened_or_is_no_json(body: bytes, topic: str, hostile: str) -> None:
    headers = {"x-shopify-topic": topic, "x-shopify-triggered-at": hostile, "x-shopify-webhook-id": "d"}
    try:
        envelope = open_envelope(headers, body)
    except ValueError:
        return
    assert envelope.triggered_at is None or envelope.triggered_at.utctimetuple()


@given(spoilt(rest_order()) | spoilt(graphql_order()))
def test_order_that_was_pasted_is_shown_or_named_as_not_understood(body: Any) -> None:
    preview(json.dumps(body).encode(), TenantRules(), pasted)


@pytest.mark.parametrize("body", [graphql_order(), rest_order(), QLIRO], ids=["graphql", "rest", "qliro"])
def test_every_place_of_an_order_may_hold_anything(body: dict[str, Any]) -> None:
    failed = []
    for place in places(body):
        for hostile in HOSTILE:
            try:
                order = normalized(put(body, place, hostile))
                assert order is None or is_storable(order)
            except BodyNotUnderstoodError:
                continue
            except Exception as error:  # noqa: BLE001 - anything else is the fault looked for
                failed.append(f"{place} {hostile!r:.40}: {error!r:.80}")
    assert failed == []


def normalized(body: dict[str, Any]) -> Order | None:
    if "OrderItems" in body or "OrderId" in body:
        return normalize_qliro(body, shop="KEY@qliro")
    read = normalize_shopify if "legacyResourceId" in body else normalize_rest
    return read(body, shop="x.myshopify.com", currency=DocumentCurrency.PRESENTMENT)


@given(spoilt(graphql_order()))
def test_order_of_a_shop_is_read_and_planned_or_not_understood(body: Any) -> None:
    try:
        order = normalize_shopify(body, shop="x.myshopify.com", currency=DocumentCurrency.PRESENTMENT)
    except BodyNotUnderstoodError:
        return
    planned(order)


@given(spoilt(QLIRO))
def test_order_of_qliro_is_read_and_planned_or_not_understood(body: Any) -> None:
    try:
        order = normalize_qliro(body, shop="KEY@qliro")
    except BodyNotUnderstoodError:
        return
    if order is not None:
        planned(order)


ROW = shopify_row("charge", "#1001", "1499.50,12.25,1487.25").split(",")
CELLS = st.text(max_size=20) | st.sampled_from([str(one) for one in HOSTILE if one != "\ud800"]) | st.sampled_from(
    ["0001-01-01 00:00:00 +1400", "9999-12-31 23:59:59 -1200", "2026-03-02 10:15:00 +9999", "1" * 5_000, "-", "()"]
)  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, len(ROW) - 1), CELLS), max_size=3), st.sampled_from([",", ";", "\t"]))
def test_cell_of_a_file_is_read_or_told_with_its_place(changes: list[tuple[int, str]], delimiter: str) -> None:
    cells = list(ROW)
    for place, text in changes:
        cells[place] = text
    content = f"{SHOPIFY_HEADER.replace(',', delimiter)}\n{delimiter.join(cells)}\n".encode("utf-8", "replace")
    json.dumps(outline_to_json(read_whole(content, [], RowsTwice.NOT_SAID, None).outline)).encode()


@given(st.binary(max_size=300) | JSON.map(lambda value: json.dumps({"transactions": value, "payouts": value}).encode()))
def test_whatever_bytes_a_file_has_it_is_refused_or_shown(content: bytes) -> None:
    json.dumps(outline_to_json(read_whole(content, [], RowsTwice.NOT_SAID, None).outline)).encode()


@pytest.mark.parametrize(
    "amount", ["NaN", "Infinity", "1e30", "1e99999999999999999999", "9" * 400, "-1000000000000000"]
)
def test_what_nobody_trades_is_no_amount(amount: str) -> None:
    with pytest.raises(MoneyError):
        traded(amount, "SEK")
