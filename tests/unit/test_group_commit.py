from __future__ import annotations

import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.jobs import batch_writer as group_commit
from app.jobs.batch_writer import BatchWriter
from app.jobs.inbox import Delivery
from app.jobs.notifier import SilentNotifier
from app.kit.db.engine import Store
from app.kit.db.outage import Outages
from app.kit.http.envelope import Envelope
from app.main import BackgroundServices
from workers.embedded import EmbeddedWorker


class FullDisk:
    """A log that cannot write, whatever it is asked."""

    def __getattr__(self, _level: str) -> Any:
        def refuse(*_words: object, **_values: object) -> None:
            raise OSError(28, "No space left on device")

        return refuse


class Shelf:
    """Stands in for the inbox; can be told to hold a group back or to refuse one delivery."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.open.set()
        self.entered = threading.Event()
        self.refused = ""
        self.stored: list[str] = []

    def store(self, _store: Store, deliveries: list[Delivery]) -> None:
        self.entered.set()
        self.open.wait(10)
        names = [one.envelope.delivery_id for one in deliveries]
        if self.refused in names:
            raise ValueError("refused")
        self.stored += names


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    made = Shelf()
    monkeypatch.setattr(group_commit, "store_deliveries", made.store)
    return made


@pytest.fixture
def writer(shelf: Shelf) -> Iterator[BatchWriter]:
    started = BatchWriter(cast("Store", SimpleNamespace(outages=Outages())), SilentNotifier())
    started.start()
    yield started
    shelf.open.set()
    started.stop()


def delivery(name: str) -> Delivery:
    return Delivery(1, 1, Envelope("orders/paid", name, None, None, f"order:shopify:{name}"), {}, b"{}")


def test_a_log_that_cannot_write_costs_no_answer_and_no_thread(
    writer: BatchWriter, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "log", FullDisk())
    shelf.refused = "2"
    writer.submit(delivery("1")).result(5)
    with pytest.raises(ValueError, match="refused"):
        writer.submit(delivery("2")).result(5)
    writer.submit(delivery("3")).result(5)
    assert shelf.stored == ["1", "3"]
    assert writer.is_alive


@pytest.mark.usefixtures("shelf")
def test_a_bell_that_fails_and_cannot_be_logged_goes_on_ringing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        rung = threading.Semaphore(0)

        def notify(self) -> None:
            self.rung.release()
            raise OSError("no broker")

    monkeypatch.setattr(group_commit, "log", FullDisk())
    started = BatchWriter(cast("Store", SimpleNamespace(outages=Outages())), Broken())
    started.start()
    for name in ("1", "2"):
        started.submit(delivery(name)).result(5)
        assert Broken.rung.acquire(timeout=5)
    assert started.is_alive
    started.stop()


def test_a_visitor_who_has_gone_does_not_end_the_writer(writer: BatchWriter, shelf: Shelf) -> None:
    shelf.open.clear()
    gone = writer.submit(delivery("1"))
    assert shelf.entered.wait(5)
    assert gone.cancel()
    beside = writer.submit(delivery("2"))
    shelf.open.set()
    beside.result(5)
    assert shelf.stored == ["1", "2"]
    assert writer.is_alive


def test_a_process_without_its_writer_worker_or_clock_is_not_ready(writer: BatchWriter) -> None:
    running, dead = threading.Thread(target=threading.Event().wait, daemon=True), threading.Thread()
    running.start()

    def worker(thread: threading.Thread, beat: threading.Thread) -> EmbeddedWorker:
        made = EmbeddedWorker.__new__(EmbeddedWorker)
        made._thread, made._beat = thread, beat
        return made

    assert BackgroundServices(writer).is_alive
    assert BackgroundServices(writer, worker(running, running)).is_alive
    assert not BackgroundServices(writer, worker(dead, running)).is_alive
    assert not BackgroundServices(writer, worker(running, dead)).is_alive
    writer.stop()
    assert not BackgroundServices(writer).is_alive
