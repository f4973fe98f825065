"""The address that Qliro pushes to: stored before it is answered, never believed, silent towards strangers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select, text

from app.connections.push_addresses import (
    AddressView,
    addresses_of,
    hash_of,
    keep_address,
    replace_address,
    withdraw_address,
)
from app.jobs.batch_writer import BatchWriter, OverloadedError
from app.kit.random_tokens import new_token, token_hash
from app.schema import Counter
from tests.support.contract.shopify_stage import eventually
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.endpoint import Endpoint
from tests.support.pipeline.person import Person, remedied
from tests.support.pipeline.qliro import CLEARING
from tests.support.pipeline.qliro_shop import QliroShop

RECEIVED = {"CallbackResponse": "received"}


def address(bench: Bench, shop: QliroShop) -> str:
    token = new_token()
    with bench.program.store.write() as session:
        keep_address(session, shop.qliro.connection_id, token_hash(token))
    return f"/hooks/qliro/{token}"


@pytest.fixture
def path(bench: Bench, endpoint: Endpoint, qliro_shop: QliroShop) -> str:
    """An address of the connection, which new orders carry."""
    made = address(bench, qliro_shop)
    qliro_shop.push_url = f"{endpoint.http.base_url}{made}"
    qliro_shop.is_silent = True  # only what is pushed is heard
    return made


def refusals(bench: Bench) -> dict[str, int]:
    with bench.program.store.read() as session:
        return {row.label: row.value for row in session.scalars(select(Counter).where(Counter.name == "push_refused"))}


def deliver(shop: QliroShop, later: int = 0) -> list[dict[str, Any]]:
    pushes: list[dict[str, Any]] = shop.control("/pushes", later=later)["pushes"]
    return pushes


def test_pushed_order_is_read_again_and_booked(bench: Bench, qliro_shop: QliroShop, path: str) -> None:  # noqa: ARG001
    number = qliro_shop.sell()
    deliver(qliro_shop)
    bench.rest()
    assert qliro_shop.state(number) == "waiting"
    qliro_shop.act(number, "ship")
    pushes = deliver(qliro_shop)
    bench.rest()
    assert {push["answers"][0] for push in pushes} == {'200 {"CallbackResponse":"received"}'}
    assert (qliro_shop.state(number), bench.balance(CLEARING), bench.findings()) == ("booked", 499, [])


def test_push_is_never_believed(bench: Bench, endpoint: Endpoint, qliro_shop: QliroShop, path: str) -> None:
    number = qliro_shop.sell()
    lie = {"OrderId": number, "PaymentTransactionId": 1, "PaymentType": "Capture", "Status": "Success", "Amount": 9999}
    answer = endpoint.http.post(path, json=lie)
    bench.rest()
    assert (answer.status_code, answer.json()) == (200, RECEIVED)
    assert (qliro_shop.state(number), bench.invoices()) == ("waiting", [])


@pytest.mark.parametrize("switch", ["every", "twice", "reversed"])
def test_pushes_in_any_number_and_order_book_the_same(
    bench: Bench,
    qliro_shop: QliroShop,
    path: str,  # noqa: ARG001
    switch: str,
) -> None:
    qliro_shop.qliro.switch(push=switch)
    number = qliro_shop.sell()
    qliro_shop.act(number, "ship")
    deliver(qliro_shop)
    bench.rest()
    qliro_shop.act(number, "return")
    deliver(qliro_shop)
    bench.rest()
    assert (len(bench.invoices()), bench.balance(CLEARING), bench.balance(1510)) == (2, 0, 0)
    kept = [one.delivery_id for one in bench.inbox()]
    assert (len(kept), bench.findings()) == (len(set(kept)), [])


def test_same_push_again_is_received_and_kept_once(
    bench: Bench, endpoint: Endpoint, qliro_shop: QliroShop, path: str
) -> None:
    number = qliro_shop.sell()
    push = {"OrderId": number, "PaymentTransactionId": 77, "PaymentType": "Capture", "Status": "Success"}
    answers = [endpoint.http.post(path, json=push | {"Timestamp": f"2026-11-2{day}T10:00:00.000"}) for day in (1, 2)]
    assert [answer.json() for answer in answers] == [RECEIVED, RECEIVED]
    assert len(bench.inbox()) == 1


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_only_post_is_taken(endpoint: Endpoint, path: str, method: str) -> None:
    assert endpoint.http.request(method, path).status_code == 405


@pytest.mark.parametrize("token", ["", "x", "0" * 43, "å", "a" * 5000])
def test_unknown_address_is_not_found_and_nothing_is_kept(bench: Bench, endpoint: Endpoint, token: str) -> None:
    answer = endpoint.http.post(f"/hooks/qliro/{token}", json={"OrderId": 1})
    assert (answer.status_code, answer.content, bench.inbox()) == (404, b"", [])


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_garbage_is_refused(bench: Bench, endpoint: Endpoint, path: str, body: bytes) -> None:
    assert endpoint.http.post(path, content=body).status_code == 400
    assert (bench.inbox(), refusals(bench)) == ([], {"not_json": 1})


def test_body_that_is_too_large_is_refused(bench: Bench, endpoint: Endpoint, path: str) -> None:
    large = b'{"OrderId":1,"x":"' + b"x" * bench.program.settings.webhook_max_bytes + b'"}'
    assert endpoint.http.post(path, content=large).status_code == 413
    assert bench.inbox() == []


@pytest.mark.parametrize("body", [{}, [], {"OrderId": None}, {"OrderId": "1;drop"}, {"OrderId": -5}, {"OrderId": True}])
def test_push_that_names_no_order_is_kept_and_told(bench: Bench, endpoint: Endpoint, path: str, body: Any) -> None:
    answer = endpoint.http.post(path, json=body)
    bench.rest()
    assert (answer.json(), bench.findings()) == (RECEIVED, ["QLIRO_PUSH_NOT_UNDERSTOOD"])


def test_push_that_names_no_order_is_closed_when_somebody_has_seen_it(
    bench: Bench, endpoint: Endpoint, person: Person, path: str
) -> None:
    endpoint.http.post(path, json={})
    bench.rest()
    with remedied(bench, "QLIRO_PUSH_NOT_UNDERSTOOD"):
        finding = bench.finding("QLIRO_PUSH_NOT_UNDERSTOOD")
        assert f"/findings/{finding.id}/close" in person.get("/findings")
        person.done(f"/findings/{finding.id}/close", note="visad för supporten")


def test_push_is_answered_only_after_it_is_stored(
    bench: Bench,
    endpoint: Endpoint,
    qliro_shop: QliroShop,
    path: str,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    number = qliro_shop.sell()
    with monkeypatch.context() as broken:

        def overloaded(*_args: Any) -> None:
            raise OverloadedError

        broken.setattr(BatchWriter, "_enter", overloaded)
        assert not any(one["received"] for one in deliver(qliro_shop))
    assert bench.inbox() == []
    assert all(one["received"] for one in deliver(qliro_shop, later=3))
    bench.rest()
    assert (qliro_shop.state(number), replace(endpoint).bench is bench) == ("waiting", True)


def test_address_of_one_merchant_does_not_reach_the_orders_of_another(
    bench: Bench, endpoint: Endpoint, qliro_shop: QliroShop, path: str
) -> None:
    number = qliro_shop.sell()
    del qliro_shop.qliro.merchant.orders[number]  # as if it were another account's
    endpoint.http.post(path, json={"OrderId": number, "Status": "Completed"})
    bench.rest()
    assert (bench.findings(), bench.invoices()) == (["QLIRO_ORDER_NOT_FOUND"], [])


def kept(bench: Bench, shop: QliroShop) -> list[AddressView]:
    with bench.program.store.read() as session:
        return list(addresses_of(session, [shop.qliro.connection_id]))


def replaced(bench: Bench, shop: QliroShop, path: str, new: str) -> bool:
    with bench.program.store.write() as session:
        old = hash_of(path.rpartition("/")[2])
        return replace_address(session, shop.qliro.connection_id, old, hash_of(new), "maja@example.se")


def withdrawn(bench: Bench, shop: QliroShop, path: str) -> bool:
    with bench.program.store.write() as session:
        old = hash_of(path.rpartition("/")[2])
        return withdraw_address(session, shop.qliro.connection_id, old, "maja@example.se")


def test_replaced_address_goes_on_for_the_orders_that_hold_it(
    bench: Bench, endpoint: Endpoint, qliro_shop: QliroShop, path: str
) -> None:
    number = qliro_shop.sell()
    assert replaced(bench, qliro_shop, path, "new-one")
    endpoint.http.post("/hooks/qliro/new-one", json={"OrderId": number, "Status": "Completed"})
    qliro_shop.act(number, "ship")
    assert all(one["received"] for one in deliver(qliro_shop)), "the first use of the new one ends nothing"
    bench.rest()
    assert qliro_shop.state(number) == "booked"


def test_replaced_address_opens_nothing_after_its_days(
    bench: Bench, endpoint: Endpoint, qliro_shop: QliroShop, path: str
) -> None:
    replaced(bench, qliro_shop, path, "new-one")
    (old,) = [view for view in kept(bench, qliro_shop) if view.ends_at]
    assert (old.ends_at - old.made_at).days == 90 if old.ends_at else False
    with bench.program.store.write() as session:
        session.execute(text("update push_address set ends_at = ends_at - interval '91 days'"))
    answers = [endpoint.http.post(one, json={"OrderId": 1}).status_code for one in (path, "/hooks/qliro/new-one")]
    assert answers == [404, 200]


def test_withdrawn_address_is_closed_at_once_and_what_it_missed_is_found_without_it(
    bench: Bench, endpoint: Endpoint, qliro_shop: QliroShop, path: str
) -> None:
    number = qliro_shop.sell()
    deliver(qliro_shop)
    bench.rest()
    assert withdrawn(bench, qliro_shop, path)
    qliro_shop.act(number, "ship")
    assert [one["received"] for one in deliver(qliro_shop)][-1] is False
    assert (endpoint.http.post(path, json={"OrderId": number}).content, qliro_shop.state(number)) == (b"", "waiting")
    eventually(lambda: refusals(bench) == {"unknown_address": 2})
    qliro_shop.qliro.poll()
    assert qliro_shop.state(number) == "booked"
    assert not withdrawn(bench, qliro_shop, path), "it has ended before, and keeps who ended it and when"


def test_use_of_an_address_is_noted_to_the_minute_and_after_its_end_too(
    bench: Bench, endpoint: Endpoint, qliro_shop: QliroShop, path: str
) -> None:
    assert [view.last_used_at for view in kept(bench, qliro_shop)] == [None]
    endpoint.http.post(path, json={"OrderId": 1})
    (first,) = kept(bench, qliro_shop)
    assert (first.last_used_at is not None, first.last_used_from) == (True, "127.0.0.1")
    endpoint.http.post(path, json={"OrderId": 2})
    assert kept(bench, qliro_shop)[0].last_used_at == first.last_used_at, "one write a minute, not one a push"
    withdrawn(bench, qliro_shop, path)
    with bench.program.store.write() as session:
        session.execute(text("update push_address set last_used_at = last_used_at - interval '2 minutes'"))
    assert endpoint.http.post(path, json={"OrderId": 3}).status_code == 404
    (last,) = kept(bench, qliro_shop)
    assert last.last_used_at is not None
    assert last.last_used_at >= first.last_used_at if first.last_used_at else False
    assert (last.is_open, last.ended_by) == (False, "maja@example.se")


def test_two_who_replace_one_address_make_one_new_address(bench: Bench, qliro_shop: QliroShop, path: str) -> None:
    together = Barrier(2)

    def replace_it(new: str) -> bool:
        together.wait()
        return replaced(bench, qliro_shop, path, new)

    with ThreadPoolExecutor(2) as people:
        made = list(people.map(replace_it, ("one", "other")))
    assert (sorted(made), len(kept(bench, qliro_shop))) == ([False, True], 2)


def test_address_of_another_account_is_neither_replaced_nor_withdrawn(
    bench: Bench, qliro_shop: QliroShop, path: str
) -> None:
    token = path.rpartition("/")[2]
    with bench.program.store.write() as session:
        elsewhere = qliro_shop.qliro.connection_id + 1000
        assert not replace_address(session, elsewhere, hash_of(token), hash_of("new"), "eva@example.se")
        assert not withdraw_address(session, elsewhere, hash_of(token), "eva@example.se")
    assert [(view.ends_at, view.ended_by) for view in kept(bench, qliro_shop)] == [(None, "")]
