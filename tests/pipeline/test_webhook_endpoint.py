from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import httpx2
import pytest
from celery import Celery
from sqlalchemy import func, select

from app.jobs.batch_writer import BatchWriter
from app.jobs.inbox import connection_of
from app.kit.encryption import connection_binding
from app.main import create_application
from app.schema import Connection, Inbox, Job
from app.shops.shopify.verify import WEBHOOKS
from app.web.limits import REFUSALS_PER_MINUTE
from app.web.reading_bodies import BODY_SECONDS
from app.web.tally import Tally
from app.web.webhooks import WebhookEndpoint
from app.wiring import build
from tests.support.contract.shopify_stage import eventually
from tests.support.pipeline.bench import DOMAIN, SECRET, Bench
from tests.support.pipeline.emulators import settings_for, together
from tests.support.pipeline.endpoint import Endpoint, open_endpoint
from workers.notifier import CeleryNotifier


def test_a_delivery_is_answered_200_and_leaves_a_row_and_a_due_job(bench: Bench, endpoint: Endpoint) -> None:
    order = bench.place(hear=False)
    assert endpoint.announce(order, id="delivery-1") == 200
    [row] = bench.inbox()
    assert (row.delivery_id, row.topic, row.processed_at) == ("delivery-1", "orders/paid", None)
    assert json.loads(row.body) == {"id": order.id, "name": order.name}
    assert bench.job(order).due_at is not None
    bench.run_jobs()
    bench.proves(order)
    assert bench.inbox()[0].processed_at is not None


def test_row_and_job_are_committed_before_the_200_is_sent(bench: Bench) -> None:
    seen: list[tuple[Any, ...]] = []
    body = b'{"id": 4711}'
    headers = Endpoint(bench, httpx2.Client()).headers(body, "orders/paid")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/webhooks/shopify", "raw_path": b"/webhooks/shopify", "query_string": b"", "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        return next(messages, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            with bench.program.store.read() as session:
                rows = session.scalar(select(func.count()).select_from(Inbox))
                jobs = session.scalar(select(func.count()).select_from(Job).where(Job.due_at.is_not(None)))
            seen.append((message["status"], rows, jobs))

    async def serve() -> None:
        application = create_application(bench.program)
        async with application.router.lifespan_context(application):
            await application(scope, receive, send)

    asyncio.run(serve())
    assert seen == [(200, 1, 1)]


def test_the_same_delivery_again_is_200_and_stored_once(bench: Bench, endpoint: Endpoint) -> None:
    order = bench.place(hear=False)
    assert [endpoint.announce(order, id="delivery-1") for _time in range(3)] == [200, 200, 200]
    assert len(bench.inbox()) == 1


def test_the_same_delivery_from_many_at_once_is_stored_once(bench: Bench, endpoint: Endpoint) -> None:
    order = bench.place(hear=False)
    assert set(together(*[lambda: endpoint.announce(order, id="delivery-1")] * 8)) == {200}
    assert len(bench.inbox()) == 1
    bench.run_jobs()
    bench.proves(order)


@pytest.mark.parametrize(
    "domain",
    [
        "stranger.myshopify.com", "granstrom-form.myshopify.com.evil.example", "evil.example", "", None,
        "granstrom-form.myshopify.com/x", "granstrom-form.myshopify.com:443", "a@granstrom-form.myshopify.com",
    ],
)  # fmt: skip
def test_an_unknown_or_foreign_shop_is_404(bench: Bench, endpoint: Endpoint, domain: str | None) -> None:
    assert endpoint.deliver({"id": 1}, domain=domain) == 404
    assert bench.inbox() == []
    assert endpoint.refused() == {"unknown_shop": 1}


def test_the_case_of_the_domain_does_not_matter(endpoint: Endpoint) -> None:
    assert endpoint.deliver({"id": 1}, domain="Granstrom-Form.MyShopify.com") == 200


@pytest.mark.parametrize("signature", ["bm90IGl0", "", None, "A" * 44])
def test_a_bad_or_missing_signature_is_401_and_leaves_nothing_but_a_counter(
    bench: Bench, endpoint: Endpoint, signature: str | None
) -> None:
    assert endpoint.deliver({"id": 1}, hmac=signature) == 401
    assert (bench.inbox(), bench.jobs()) == ([], [])
    assert endpoint.refused() == {"bad_signature": 1}


def test_a_changed_body_is_401(endpoint: Endpoint) -> None:
    headers = endpoint.headers(b'{"id": 1}', "orders/paid")
    assert endpoint.http.post("/webhooks/shopify", content=b'{"id": 2}', headers=headers).status_code == 401


def _with_old_secret(bench: Bench, until: datetime) -> None:
    bound = connection_binding(bench.tenant_id, "shopify", DOMAIN)
    with bench.program.store.write() as session:
        row = session.get_one(Connection, bench.shop_id)
        values = dict(bench.program.ring.open_values(row.encrypted, bound_to=bound))
        values |= {"old_client_secret": "old", "old_client_secret_until": until.isoformat()}
        row.encrypted = bytes(bench.program.ring.encrypt_values(values, bound_to=bound))


def test_the_old_secret_signs_until_its_time(bench: Bench, endpoint: Endpoint) -> None:
    _with_old_secret(bench, datetime.now(UTC) + timedelta(hours=1))
    assert [endpoint.deliver({"id": 1}, secret=secret) for secret in ("old", SECRET)] == [200, 200]


def test_the_old_secret_does_not_sign_after_its_time(bench: Bench, endpoint: Endpoint) -> None:
    _with_old_secret(bench, datetime.now(UTC) - timedelta(seconds=1))
    assert [endpoint.deliver({"id": 1}, secret=secret) for secret in ("old", SECRET)] == [401, 200]


def test_a_body_over_the_limit_is_413_while_it_is_read(bench: Bench, endpoint: Endpoint) -> None:
    limit = bench.program.settings.webhook_max_bytes
    assert endpoint.deliver(b'"' + b"x" * limit + b'"') == 413
    assert endpoint.refused() == {"too_large": 1}
    assert bench.inbox() == []


def test_a_body_without_a_length_is_cut_off_at_the_limit(bench: Bench, endpoint: Endpoint) -> None:
    limit = bench.program.settings.webhook_max_bytes

    def twenty_times_too_much() -> Iterator[bytes]:
        for _piece in range(20 * limit // 65_536):
            yield b"x" * 65_536

    # The service may close the line before all was sent, and its answer with it.
    with contextlib.suppress(httpx2.WriteError, httpx2.RemoteProtocolError, httpx2.ReadError):
        headers = endpoint.headers(b"", "orders/paid")
        assert (
            endpoint.http.post("/webhooks/shopify", content=twenty_times_too_much(), headers=headers).status_code == 413
        )
    eventually(lambda: endpoint.refused() == {"too_large": 1})
    assert bench.inbox() == []


def _posted(endpoint: Endpoint, **changes: str | None) -> bytes:
    """The answer to a delivery whose body never comes."""
    headers = endpoint.headers(b"", "orders/paid", **changes) | {"Content-Length": "4000000", "Host": "localhost"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    url = endpoint.http.base_url
    with socket.create_connection((url.host, url.port or 80), timeout=10) as line:
        line.sendall(f"POST /webhooks/shopify HTTP/1.1\r\n{lines}\r\n".encode())
        return line.recv(200).split(b"\r\n")[0]


def test_body_of_a_stranger_is_not_waited_for(endpoint: Endpoint) -> None:
    assert b" 404 " in _posted(endpoint, domain="stranger.myshopify.com")
    assert endpoint.refused() == {"unknown_shop": 1}


def test_body_that_does_not_come_is_not_waited_for_longer_than_the_shop_itself_would(
    bench: Bench, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert BODY_SECONDS < 5, "Shopify's own patience"
    monkeypatch.setattr("app.web.reading_bodies.BODY_SECONDS", 0.2)
    assert b" 408 " in _posted(endpoint)
    eventually(lambda: endpoint.refused() == {"too_slow": 1})
    assert bench.inbox() == []


@pytest.mark.parametrize("body", [b"", b"no json", b'{"id": 1', b"\xff\xfe", b'{"id": ' + b"9" * 5000 + b"}"])
def test_what_is_no_json_is_400(bench: Bench, endpoint: Endpoint, body: bytes) -> None:
    assert endpoint.deliver(body) == 400
    assert bench.inbox() == []
    assert endpoint.refused() == {"not_json": 1}


@pytest.mark.parametrize(
    "body",
    [
        [], "text", 7, None, {}, {"id": None}, {"id": "x"}, {"id": 1.5}, {"id": True}, {"id": -5}, {"id": "²"},
        {"id": {"id": 1}}, {"ID": 1}, {"id": int("81" * 1500)},
    ],
    ids=str,
)  # fmt: skip
def test_a_body_of_unknown_shape_is_stored_and_becomes_a_finding(bench: Bench, endpoint: Endpoint, body: Any) -> None:
    assert endpoint.deliver(body) == 200
    assert len(bench.inbox()) == 1
    bench.rest()
    assert bench.findings() == ["SHOPIFY_BODY_NOT_UNDERSTOOD"]
    assert bench.invoices() == []


def test_a_body_nested_beyond_reading_is_no_fault_of_the_service(endpoint: Endpoint) -> None:
    assert endpoint.deliver(b"[" * 200_000 + b"]" * 200_000) in (200, 400)


def test_a_delivery_id_of_any_length_is_stored_once(bench: Bench, endpoint: Endpoint) -> None:
    long = secrets.token_hex(8000)
    assert [endpoint.deliver({"id": 1}, id=long), endpoint.deliver({"id": 1}, id=long)] == [200, 200]
    assert len(bench.inbox()) == 1


def test_a_delivery_without_id_is_known_by_its_content(bench: Bench, endpoint: Endpoint) -> None:
    assert [endpoint.deliver({"id": 1}, id=None), endpoint.deliver({"id": 1}, id=None)] == [200, 200]
    assert [endpoint.deliver({"id": 2}, id=None)] == [200]
    assert len(bench.inbox()) == 2


def test_a_topic_nobody_handles_makes_no_job_and_is_said_once(bench: Bench, endpoint: Endpoint) -> None:
    assert [endpoint.deliver({"id": one}, topic="carts/update") for one in range(3)] == [200] * 3
    assert bench.inbox() == []
    assert bench.findings() == ["SHOPIFY_TOPIC_NOT_HANDLED"]


@pytest.mark.parametrize("failure", [RuntimeError("bang"), OSError("no broker"), TimeoutError()])
def test_a_notifier_that_fails_does_not_cost_the_200(bench: Bench, failure: Exception) -> None:
    class Broken:
        def notify(self) -> None:
            raise failure

    with open_endpoint(bench, Broken()) as endpoint:
        assert endpoint.announce(bench.place(hear=False)) == 200
    assert bench.job().due_at is not None


def test_the_answer_does_not_wait_for_the_notifier(bench: Bench) -> None:
    answered = threading.Event()
    heard: list[bool] = []

    class Slow:
        def notify(self) -> None:
            heard.append(answered.wait(20))

    with open_endpoint(bench, Slow()) as endpoint:
        assert endpoint.deliver({"id": 1}) == 200
        answered.set()
        eventually(lambda: heard)
    assert heard == [True]


def test_who_rings_while_somebody_is_ringing_does_not_wait_and_is_not_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("workers.notifier.hang_full", lambda _celery: False)
    inside, go_on = threading.Event(), threading.Event()
    published: list[str] = []

    class HangingCelery:
        def send_task(self, name: str, **_options: Any) -> None:
            published.append(name)
            inside.set()
            assert go_on.wait(20)

    notification = CeleryNotifier(cast("Celery", HangingCelery()))
    first = threading.Thread(target=notification.notify)
    first.start()
    assert inside.wait(20)
    for _ring in range(50):
        notification.notify()  # returns although the broker hangs
    go_on.set()
    first.join()
    assert published == ["bokbro.drain"] * 2


def test_with_a_dead_broker_deliveries_are_still_stored(bench: Bench) -> None:
    program = build(settings_for(bench.emulators, bench.program.settings.database_url or ""))
    with open_endpoint(bench, program.notifier) as endpoint:
        assert [endpoint.deliver({"id": number}) for number in range(1, 6)] == [200] * 5
    program.close()
    assert len(bench.inbox()) == 5


def test_a_service_whose_writer_has_died_says_that_it_is_not_ready(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert endpoint.http.get("/health/ready").status_code == 200
    monkeypatch.setattr(BatchWriter, "is_alive", False)
    assert endpoint.http.get("/health/ready").status_code == 503


SIGNATURE = b"A" * 43 + b"="


@pytest.mark.parametrize(
    ("domain", "signature", "length", "status"),
    [
        ("evil.example", SIGNATURE, "2", 404), (DOMAIN, SIGNATURE, "2000000000", 413), (DOMAIN, SIGNATURE, "²", 400),
        (DOMAIN, b"", "2", 401), (DOMAIN, b"bm90IGl0", "2", 401), (DOMAIN, b"\xc3" * 44, "2", 401),
    ],
)  # fmt: skip
def test_what_the_headers_already_forbid_is_refused_without_reading_the_body(
    bench: Bench, domain: str, signature: bytes, length: str, status: int
) -> None:
    async def receive() -> dict[str, Any]:
        raise AssertionError("the body was read")

    headers = [(b"x-shopify-shop-domain", domain.encode()), (b"content-length", length.encode("latin-1"))]
    headers.append((b"x-shopify-hmac-sha256", signature))
    tally = Tally(bench.program.store, "webhook_refused", "delivery_refused")
    endpoint = WebhookEndpoint(bench.program.store, cast("Any", None), cast("Any", None), 1_000_000, tally, WEBHOOKS)
    assert asyncio.run(endpoint.serve({"method": "POST", "headers": headers}, receive)) == status


def test_whoever_signs_badly_is_limited_and_a_good_signature_of_the_same_address_never(endpoint: Endpoint) -> None:
    statuses = [endpoint.deliver({"id": 1}, hmac=None) for _one in range(REFUSALS_PER_MINUTE + 20)]
    assert (statuses[0], statuses[-1]) == (401, 429)
    assert [endpoint.deliver({"id": one}) for one in range(5)] == [200] * 5
    eventually(lambda: endpoint.refused().get("too_many", 0) > 0)


def test_bad_signatures_write_one_row_in_a_second_and_read_the_shop_a_few_times(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    asked: list[str] = []

    def note(*given: Any) -> None:
        written.append(given[-1])

    def look(store: Any, platform: str, domain: str) -> Connection | None:
        asked.append(domain)
        return connection_of(store, platform, domain)

    monkeypatch.setattr("app.web.tally.count", note)
    monkeypatch.setattr("app.connections.shop_directory.connection_of", look)
    monkeypatch.setattr("app.connections.shop_directory._FRESH_SECONDS", 60.0)
    monkeypatch.setattr("app.web.tally.EVERY_SECONDS", 3_600.0)
    assert {endpoint.deliver({"id": 1}, hmac="A" * 43 + "=") for _one in range(40)} == {401}
    assert (written, len(asked)) == ([1], 1)


def test_secret_that_has_just_changed_is_asked_for(
    bench: Bench, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.connections.shop_directory._FRESH_SECONDS", 0.0)
    assert endpoint.deliver({"id": 1}, secret="old") == 401
    _with_old_secret(bench, datetime.now(UTC) + timedelta(hours=1))
    assert endpoint.deliver({"id": 1}, secret="old") == 200
