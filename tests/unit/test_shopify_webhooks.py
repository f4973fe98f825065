"""Who signed a delivery, and which job it belongs to."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from app.shops.shopify.verify import is_shop_domain, open_envelope, signature_holds, subject_of

BODY = '{"id": 1, "name": "Bönor"}'.encode()
BIG = 9007199254740993  # 2^53 + 1


def sign(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


@pytest.mark.parametrize("secrets", [["new"], ["new", "old"], ["old", "new"]])
def test_signature_of_any_current_secret_holds(secrets: list[str]) -> None:
    assert signature_holds(BODY, sign(BODY, "new"), secrets)


def test_known_signature_holds() -> None:
    # Made with: printf '%s' '{}' | openssl dgst -sha256 -hmac hush -binary | base64
    assert signature_holds(b"{}", "UFwgrGBPZilFtmKh8TqcovA78LGYb1BdWu9I4Q2oyRg=", ["hush"])


@pytest.mark.parametrize(
    ("body", "signature", "secrets"),
    [
        (BODY, sign(BODY, "other"), ["new", "old"]),
        (BODY + b" ", sign(BODY, "new"), ["new"]),
        (BODY, sign(BODY, "new")[:-1], ["new"]),
        (BODY, sign(BODY, "new").lower(), ["new"]),
        (BODY, "", ["new"]),
        (BODY, sign(BODY, "new"), []),
        (BODY, sign(BODY, ""), [""]),
        (BODY, "", [""]),
        (BODY, "åäö", ["new"]),
        (BODY, "\ud800", ["new"]),
    ],
    ids=[
        "another secret",
        "another body",
        "cut short",
        "other case",
        "none",
        "no secrets",
        "empty secret",
        "nothing at all",
        "not ASCII",
        "not even text",
    ],
)
def test_any_other_signature_does_not(body: bytes, signature: str, secrets: list[str]) -> None:
    assert not signature_holds(body, signature, secrets)


def test_empty_secret_does_not_stop_the_others() -> None:
    assert signature_holds(BODY, sign(BODY, "new"), ["", "new"])


@pytest.mark.parametrize("domain", ["granstrom-form.myshopify.com", "a.myshopify.com", "0.myshopify.com"])
def test_shop_domain_is_known(domain: str) -> None:
    assert is_shop_domain(domain)


@pytest.mark.parametrize(
    "domain",
    [
        "",
        "myshopify.com",
        ".myshopify.com",
        "-a.myshopify.com",
        "A.myshopify.com",
        "a.b.myshopify.com",
        "a.myshopify.com.evil.example",
        "evil.example/a.myshopify.com",
        "a.myshopify.com:8080",
        "a.myshopify.com/",
        "u@a.myshopify.com",
        "a.myshopify.com\n",
        "å.myshopify.com",
        "xamyshopify.com",
        f"{'a' * 62}.myshopify.com",
    ],
)
def test_anything_else_is_no_shop(domain: str) -> None:
    assert not is_shop_domain(domain)


@pytest.mark.parametrize(
    ("topic", "body", "subject"),
    [
        ("orders/create", {"id": BIG}, f"order:shopify:{BIG}"),
        ("orders/updated", {"id": "12"}, "order:shopify:12"),
        ("orders/paid", {"id": BIG, "order_id": 5}, f"order:shopify:{BIG}"),
        ("orders/edited", {"order_edit": {"id": 1, "order_id": BIG}}, f"order:shopify:{BIG}"),
        ("refunds/create", {"id": 1, "order_id": BIG}, f"order:shopify:{BIG}"),
        ("order_transactions/create", {"id": 1, "order_id": BIG}, f"order:shopify:{BIG}"),
        ("fulfillments/create", {"id": 1, "order_id": BIG}, f"order:shopify:{BIG}"),
        ("orders/edited", {"order_edit": None}, None),
        ("orders/edited", {"id": 7}, None),
        ("refunds/create", {"id": 1}, None),
        ("orders/create", {"id": None}, None),
        ("orders/create", {"id": True}, None),
        ("orders/create", {"id": 1.5}, None),
        ("orders/create", {"id": "gid://shopify/Order/1"}, None),
        ("orders/create", {"id": "²"}, None),
        ("orders/create", [], None),
        ("app/uninstalled", {"id": 1}, None),
        ("shop/redact", {"shop_id": 1, "order_id": 2}, None),
        ("customers/redact", {"orders_to_redact": [1]}, None),
        ("bulk_operations/finish", {"id": 1}, None),
        ("products/create", {"id": 1}, None),
        ("", {"id": 1}, None),
    ],
)
def test_delivery_belongs_to_the_job_of_its_order(topic: str, body: Any, subject: str | None) -> None:
    parsed = json.loads(json.dumps(body))
    assert subject_of(topic, parsed) == subject


def test_envelope_is_read_from_headers_and_body() -> None:
    headers = {
        "x-shopify-topic": "orders/create",
        "x-shopify-webhook-id": "w-1",
        "x-shopify-event-id": "e-1",
        "x-shopify-triggered-at": "2026-11-03T10:15:00.123456789Z",
    }
    envelope = open_envelope(headers, json.dumps({"id": BIG}).encode())
    assert (envelope.topic, envelope.delivery_id, envelope.event_id) == ("orders/create", "w-1", "e-1")
    assert envelope.triggered_at == datetime(2026, 11, 3, 10, 15, 0, 123456, tzinfo=UTC)
    assert envelope.subject == f"order:shopify:{BIG}"


def test_delivery_without_an_id_is_known_by_its_topic_and_content() -> None:
    def delivery(topic: str, body: bytes) -> str:
        return open_envelope({"x-shopify-topic": topic}, body).delivery_id

    assert delivery("orders/create", b'{"id": 1}') == delivery("orders/create", b'{"id": 1}')
    others = {delivery("orders/create", b'{"id": 2}'), delivery("orders/paid", b'{"id": 1}')}
    assert delivery("orders/create", b'{"id": 1}') not in others


@pytest.mark.parametrize("stated", ["", "yesterday", "2026-11-03T10:15:00"])
def test_time_that_cannot_be_read_is_unknown(stated: str) -> None:
    headers = {"x-shopify-topic": "orders/create", "x-shopify-triggered-at": stated}
    assert open_envelope(headers, b"{}").triggered_at is None


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"id":', b"\xff\xfe\x00", b"[" * 100_000])
def test_body_that_is_no_json_is_told_apart(body: bytes) -> None:
    with pytest.raises(ValueError):
        open_envelope({"x-shopify-topic": "orders/create"}, body)
