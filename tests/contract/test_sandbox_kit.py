"""The emulators' shared kit, over real HTTP."""

import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from sandbox.kit.control import install
from sandbox.kit.serving import ServerThread


class _Counter:
    def __init__(self) -> None:
        self.count = 0

    def reset(self) -> None:
        self.count = 0

    def snapshot(self) -> dict[str, Any]:
        return {"count": self.count}


@pytest.fixture
def counter() -> _Counter:
    return _Counter()


@pytest.fixture
def client(counter: _Counter) -> Iterator[httpx2.Client]:
    app = FastAPI()
    install(app, counter)

    @app.post("/add")
    async def add() -> dict[str, int]:
        counter.count += 1
        return {"count": counter.count}

    with ServerThread(app) as server, httpx2.Client(base_url=server.url, timeout=5) as client:
        yield client


def _order(client: httpx2.Client, **fault: Any) -> None:
    assert client.post("/_sandbox/faults", json=fault).status_code == 201


def test_a_call_without_a_fault_passes(client: httpx2.Client) -> None:
    assert client.post("/add").json() == {"count": 1}


@pytest.mark.parametrize(
    ("kind", "error", "done"),
    [
        ("close_before", httpx2.RemoteProtocolError, 0),
        ("reset_before", httpx2.ReadError, 0),
        ("close_after", httpx2.RemoteProtocolError, 1),
        ("reset_after", httpx2.ReadError, 1),
        ("truncated_body", httpx2.RemoteProtocolError, 1),
    ],
)
def test_a_dropped_connection_tells_nothing_about_the_work(
    client: httpx2.Client, counter: _Counter, kind: str, error: type[Exception], done: int
) -> None:
    _order(client, kind=kind, method="POST", path="/add")
    with pytest.raises(error):
        client.post("/add")
    assert counter.count == done
    assert client.post("/add").status_code == 200


@pytest.mark.parametrize(("kind", "done_at_time_out"), [("late_answer", 1), ("late_commit", 0)])
def test_work_is_done_although_the_client_left(
    client: httpx2.Client, counter: _Counter, kind: str, done_at_time_out: int
) -> None:
    _order(client, kind=kind, seconds=0.3)
    with pytest.raises(httpx2.ReadTimeout):
        client.post("/add", timeout=0.1)
    assert counter.count == done_at_time_out
    assert client.post("/add", timeout=5).status_code == 200
    deadline = time.monotonic() + 3
    while counter.count < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert counter.count == 2


def test_a_false_answer_carries_its_status_body_and_headers(client: httpx2.Client, counter: _Counter) -> None:
    _order(client, kind="status", status=503, body={"why": "maintenance"}, headers={"Retry-After": "2"}, skip=1)
    assert client.post("/add").status_code == 200
    answer = client.post("/add")
    assert (answer.status_code, answer.json(), answer.headers["retry-after"]) == (503, {"why": "maintenance"}, "2")
    assert client.post("/add").status_code == 200
    assert counter.count == 2


def test_spoilt_bodies_are_spoilt(client: httpx2.Client) -> None:
    _order(client, kind="malformed_json")
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        client.post("/add").json()
    _order(client, kind="wrong_content_type", content_type="text/csv")
    assert client.post("/add").headers["content-type"] == "text/csv"
    _order(client, kind="html_page", status=502)
    assert client.post("/add").text.startswith("<!DOCTYPE html>")
    _order(client, kind="unauthorized")
    assert client.post("/add").json() == {"message": "unauthorized"}


def test_faults_can_be_listed_and_lifted(client: httpx2.Client) -> None:
    _order(client, kind="latency", seconds=0, times=None)
    client.post("/add")
    (fault,) = client.get("/_sandbox/faults").json()["faults"]
    assert (fault["seen"], fault["hits"]) == (1, 1)
    assert client.delete("/_sandbox/faults", params={"id": fault["id"]}).json() == {"lifted": 1}
    assert client.get("/_sandbox/faults").json() == {"faults": []}


def test_the_log_holds_every_call_dropped_ones_too(client: httpx2.Client) -> None:
    client.post("/add?x=1", json={"a": "å"})
    _order(client, kind="close_before")
    with pytest.raises(httpx2.RemoteProtocolError):
        client.post("/add")
    log = client.get("/_sandbox/calls").json()
    assert [(call["query"], call["body"], call["status"]) for call in log["calls"]] == [
        ("x=1", {"a": "å"}, 200),
        ("", None, None),
    ]
    assert client.get("/_sandbox/calls/count", params={"status": 200}).json()["total"] == 1
    assert client.post("/_sandbox/reset").json() == {"reset": True}
    assert client.get("/_sandbox/state").json() == {"count": 0}
    assert client.get("/_sandbox/calls").json()["total"] == 0
