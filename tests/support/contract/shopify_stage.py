"""A stage for tests of the Shopify emulator: the emulator, an installed shop, and a receiver of webhooks."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from fastapi import FastAPI, Request, Response

from sandbox.shopify.app import create_app
from sandbox.shopify.emulator import Config, Emulator
from tests.support.serving import served

DOMAIN = "granstrom-form.myshopify.com"
CLIENT_ID = "client-1"
SECRET = "secret-1"
REDIRECT = "http://127.0.0.1:9/callback"


@dataclass
class Received:
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Keeps what arrives; answers with the next planned status, else 200."""

    planned: list[int] = field(default_factory=list)
    slow_s: float = 0.0
    got: list[Received] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    url: str = ""

    def take(self, headers: dict[str, str], body: bytes) -> int:
        with self.lock:
            self.got.append(Received(headers, body))
            return self.planned.pop(0) if self.planned else 200

    def topics(self) -> list[str]:
        return [one.headers["x-shopify-topic"] for one in self.got]


def receiver_app(receiver: Receiver) -> FastAPI:
    app = FastAPI()

    @app.post("/hooks")
    async def hook(request: Request) -> Response:
        status = receiver.take(dict(request.headers), await request.body())
        return Response(status_code=status, headers={"location": "/hooks"} if status in {301, 302} else {})

    return app


@dataclass
class Stage:
    http: httpx2.Client
    emulator: Emulator
    token: str = ""

    def control(self, method: str, path: str, **body: Any) -> Any:
        answer = self.http.request(method, f"/_sandbox{path}", json=body or None)
        assert answer.is_success, answer.text
        return answer.json()

    def ask(self, query: str, variables: dict[str, Any] | None = None, **options: Any) -> httpx2.Response:
        version = options.get("version", "2026-10")
        token = options.get("token", self.token)
        return self.http.post(
            f"/{DOMAIN}/admin/api/{version}/graphql.json",
            json={"query": query, "variables": variables or {}},
            headers={"X-Shopify-Access-Token": token},
        )

    def data(self, query: str, variables: dict[str, Any] | None = None) -> Any:
        answer = self.ask(query, variables).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def place(self, **spec: Any) -> Any:
        order = {"lines": [{"title": "Vas", "price": "449.00", "sku": "V1"}], **spec}
        return self.control("POST", f"/shops/{DOMAIN}/orders", order=order)

    def act(self, order: Any, action: str, **details: Any) -> Any:
        answer = self.http.post(f"/_sandbox/shops/{DOMAIN}/orders/{order['id']}/{action}", json=details)
        assert answer.is_success, answer.text
        return answer.json()

    def rest(self, order: Any) -> Any:
        return self.control("GET", f"/shops/{DOMAIN}/orders/{order['id']}")

    def subscribe(self, uri: str, *topics: str) -> None:
        mutation = """mutation S($topic: WebhookSubscriptionTopic!, $uri: String!) {
          webhookSubscriptionCreate(topic: $topic, webhookSubscription: {uri: $uri}) {
            webhookSubscription { id } userErrors { field message } } }"""
        for topic in topics:
            made = self.data(mutation, {"topic": topic, "uri": uri})["webhookSubscriptionCreate"]
            assert made["userErrors"] == []

    def run_jobs(self, *, release: bool = True) -> None:
        assert self.control("POST", "/deliveries/drain", timeout_s=20, release=release)["empty"]


@contextmanager
def staged(**config: Any) -> Iterator[Stage]:
    app = create_app(Config(**config))
    with served(app) as server, httpx2.Client(base_url=server.url, timeout=15, trust_env=False) as http:
        stage = Stage(http, app.state.emulator)
        made = stage.control(
            "POST",
            "/shops",
            domain=DOMAIN,
            name="Granström Form",
            client_id=CLIENT_ID,
            client_secret=SECRET,
            install=True,
        )
        stage.token = made["access_token"]
        yield stage


@contextmanager
def received(**plan: Any) -> Iterator[Receiver]:
    receiver = Receiver(**plan)
    with served(receiver_app(receiver)) as server:
        receiver.url = server.url + "/hooks"
        yield receiver


def eventually(condition: Any, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
