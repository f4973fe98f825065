"""What other hands do in Fortnox arrives by itself, releases what waited for it, and costs next to nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from app.jobs.notifier import SilentNotifier
from app.ledgers.base import BookEvent
from app.ledgers.fortnox.events import TOPICS, open_stream
from app.master_data.entries import request_refresh
from app.reconciliation.event_listener import Listener, ListeningRhythm
from app.reconciliation.ledger_events import BookEvents
from tests.support.contract.shopify_stage import eventually
from tests.support.pipeline.bench import ANNA, VASE, Bench

QUICK = ListeningRhythm(companies=0.1, wait=0.02, first_pause=0.02)
INVOICE: dict[str, Any] = {"presentment": {"currency": "NOK", "rate": "1.04"}}


class Listening:
    """A listener in a thread, as a process runs it."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.address = bench.emulators.fortnox.url.replace("http", "ws", 1) + "/topics-v1"
        self.listener = Listener(
            store=bench.program.store,
            events=BookEvents(bench.program.store, "fortnox"),
            tokens=bench.program.books.client.tokens,
            open_stream=lambda: open_stream(self.address),
            client_secret="bokbro-demo-secret",
            notifier=SilentNotifier(),
            other_company=lambda _connection, _told: None,
            rhythm=QUICK,
        )
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.listener.run, args=(self._stop,))

    def start(self, *, companies: int = 1) -> Listening:
        self._thread.start()
        eventually(lambda: self.companies() >= companies)
        self.bench.run_jobs()  # what a topic that never told anything may have lost is read once
        self.bench.emulators.kit.calls.clear()
        return self

    def companies(self) -> int:
        return sum(len(connection["tenants"]) for connection in self.connections() if connection["on"])

    def connections(self) -> list[dict[str, Any]]:
        import httpx2

        return cast("list[dict[str, Any]]", httpx2.get(f"{self._base}/_sandbox/topics").json()["connections"])

    def drop(self) -> None:
        import httpx2

        eventually(lambda: self.companies() >= 1)
        httpx2.post(f"{self._base}/_sandbox/topics/drop")

    @property
    def _base(self) -> str:
        return self.bench.emulators.fortnox.url

    def caught_up(self) -> None:
        """Wait until what happened last has been dealt with."""
        events = self.bench.emulators.world.events
        newest = {one.topic: one.offset for one in events.newest(10_000) if one.topic in TOPICS}
        eventually(lambda: newest.items() <= self.listener.events.offsets().items())

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(10)
        assert not self._thread.is_alive()


@pytest.fixture
def listening(bench: Bench) -> Iterator[Listening]:
    running = Listening(bench).start()
    yield running
    running.stop()


def test_a_currency_that_a_person_adds_releases_the_order_that_waited_for_it(
    bench: Bench, listening: Listening
) -> None:
    order = bench.place(**INVOICE)
    bench.run_jobs()
    assert (bench.state(order), bench.findings()) == ("stopped", ["FORTNOX_CURRENCY_NOT_FOUND"])
    bench.emulators.kit.calls.clear()
    bench.company_is(currencies={"SEK": 1, "EUR": "11.25", "NOK": "0.96"})
    listening.caught_up()
    bench.run_jobs()
    assert bench.state(order) == "booked"
    assert bench.sent()[0] == "GET currencies/NOK", "one entry is read, not the register"
    assert bench.sent().count("GET currencies") == 0


def test_an_account_that_a_person_opens_releases_the_orders_that_waited_for_it(
    bench: Bench, listening: Listening
) -> None:
    bench.company_is(inactive_accounts=[3001])
    listening.caught_up()
    bench.run_jobs()
    order = bench.place()
    bench.run_jobs()
    assert (bench.state(order), bench.findings()) == ("stopped", ["FORTNOX_ACCOUNT_INACTIVE"])
    bench.company_is(inactive_accounts=[])
    listening.caught_up()
    bench.run_jobs()
    bench.proves(order)


def test_a_steady_order_costs_four_calls_also_when_its_own_events_come_back(bench: Bench, listening: Listening) -> None:
    first = bench.place()
    bench.rest()
    listening.caught_up()
    bench.rest()
    bench.emulators.kit.calls.clear()
    second = bench.place()
    bench.run_jobs()
    listening.caught_up()
    bench.rest()
    assert len(bench.sent()) == 4
    bench.proves(first, second)


@pytest.mark.parametrize("switches", [{}, {"events_twice": True}, {"offset_is_repeated": True}])
def test_what_happened_while_the_connection_was_down_is_not_missed(
    bench: Bench, listening: Listening, switches: dict[str, Any]
) -> None:
    bench.emulators.world.turn(**switches)
    bench.company_is(currencies={"SEK": 1, "EUR": "11.25", "DKK": 1})
    listening.caught_up()
    order = bench.place(**INVOICE)
    bench.run_jobs()
    for kind in ("close_before", "close_after", "latency"):
        bench.emulators.kit.faults.order(kind, "EVENT", "*", seconds=0.2)
    bench.company_is(currencies={"SEK": 1, "EUR": "11.25", "NOK": "0.96"})
    listening.drop()
    listening.caught_up()
    bench.run_jobs()
    assert bench.state(order) == "booked"


@pytest.mark.usefixtures("listening")
def test_what_a_topic_tells_first_while_the_connection_is_down_is_read_instead(bench: Bench) -> None:
    order = bench.place(**INVOICE)
    bench.run_jobs()
    bench.emulators.kit.faults.order("close_before", "EVENT", "*")
    bench.company_is(currencies={"SEK": 1, "EUR": "11.25", "NOK": "0.96"})

    def is_booked() -> bool:
        bench.run_jobs()
        return bench.state(order) == "booked"

    eventually(is_booked)


def test_an_article_that_a_person_makes_is_known_without_asking(bench: Bench, listening: Listening) -> None:
    bench.api("POST", "articles", {"Article": {"ArticleNumber": "GF-VAS-01", "Description": "Vas"}})
    listening.caught_up()
    bench.emulators.kit.calls.clear()
    order = bench.place()
    bench.run_jobs()
    assert "POST articles" not in bench.sent(), "its number was told by the event"
    bench.proves(order)


def test_a_card_that_a_person_makes_is_used_for_whom_it_names(bench: Bench, listening: Listening) -> None:
    with bench.program.store.write() as session:
        request_refresh(session, bench.fortnox_id, [("customers", "")])
    bench.rest()
    bench.rules(customer_policy="existing")
    card = bench.api("POST", "customers", {"Customer": {"Name": "Anna", "Email": str(ANNA["email"])}})
    listening.caught_up()
    bench.place()
    bench.rest()
    assert bench.invoices()[0]["CustomerNumber"] == card["Customer"]["CustomerNumber"]


@pytest.mark.parametrize("way", ["credit", "payment"])
def test_what_other_hands_do_to_a_booked_invoice_is_said(bench: Bench, listening: Listening, way: str) -> None:
    order = bench.place()
    bench.rest()
    listening.caught_up()
    bench.proves(order)
    if way == "credit":
        bench.api("PUT", f"invoices/{bench.invoices()[0]['DocumentNumber']}/credit")
        _event(bench, "invoice", "updated", str(bench.invoices()[0]["DocumentNumber"]), late=True)
    else:
        _lose_payment(bench)
        _event(bench, "invoicepayment", "deleted", str(bench.payments()[0]["Number"]))
    bench.emulators.kit.calls.clear()
    bench.rest()
    assert (bench.state(order), bench.findings()) == ("stopped", ["DIFFERS_IN_BOOKS"])
    # A credit note that others made is read into the index of invoices, too.
    assert [one for one in bench.sent() if one != "GET invoices"] == ["GET invoices/1"]


def test_a_cancelled_invoice_that_waits_for_booking_is_said(bench: Bench, listening: Listening) -> None:
    bench.emulators.kit.faults.order("status", "PUT", "/3/invoices/*/bookkeep", times=None)
    order = bench.place()
    bench.run_jobs()
    bench.api("PUT", "invoices/1/cancel")
    listening.caught_up()
    bench.emulators.kit.faults.clear()
    bench.rest()
    assert bench.state(order) == "stopped"
    assert "DIFFERS_IN_BOOKS" in bench.findings()


def _lose_payment(bench: Bench) -> None:
    """A booked payment goes by a person's hand, which the API refuses: so by ours, in the emulator's books."""
    world = bench.emulators.world
    with world.lock:
        invoice = world.companies[bench.company].kind("invoices")["1"]
        invoice.fields["Balance"] = invoice.fields["Total"]


def _event(bench: Bench, subject: str, verb: str, entity: str, *, late: bool = False) -> None:
    at = datetime.now(UTC).replace(year=2027) if late else datetime.now(UTC)
    event = BookEvent("invoices", f"x-{subject}", subject, verb, str(bench.company), entity, at)
    assert BookEvents(bench.program.store, "fortnox").apply(event)


def test_the_same_event_twice_is_harmless_and_one_of_a_strange_company_or_word_is_passed_over(bench: Bench) -> None:
    events = BookEvents(bench.program.store, "fortnox")
    event = BookEvent("currencies", "x1", "currency", "created", str(bench.company), "NOK", datetime.now(UTC))
    assert [events.apply(event), events.apply(event)] == [True, True]
    bench.emulators.kit.calls.clear()
    bench.run_jobs()
    assert bench.sent() == ["GET currencies/NOK"]
    assert not events.apply(replace(event, account="4711", offset="x2"))
    assert not events.apply(replace(event, verb="", offset="x3"))
    assert events.offsets()["currencies"] == "x3"


def test_of_two_listeners_one_listens_and_the_other_takes_over(bench: Bench, listening: Listening) -> None:
    second = Listening(bench)
    second._thread.start()
    assert len(listening.connections()) == 1
    listening.stop()
    eventually(lambda: second.companies() == 1)
    second.stop()


def test_companies_come_and_go_and_a_renewed_token_is_told(bench: Bench, listening: Listening) -> None:
    bench.emulators.world.turn(tenant_ends_with_token=True)
    with bench.emulators.world.lock:
        bench.emulators.world.tokens.expire_access()
    bench.connect_fortnox()
    order = bench.place(**INVOICE)
    bench.run_jobs()
    eventually(lambda: listening.companies() == 1)
    threading.Event().wait(0.3)
    bench.company_is(currencies={"SEK": 1, "EUR": "11.25", "NOK": "0.96"})
    listening.caught_up()
    bench.run_jobs()
    assert bench.state(order) == "booked"
    from sqlalchemy import update

    from app.schema import Connection

    with bench.program.store.write() as session:
        session.execute(update(Connection).where(Connection.id == bench.fortnox_id).values(state="needs_consent"))
    eventually(lambda: listening.companies() == 0)


def test_events_too_old_to_be_replayed_are_made_good_by_reading(bench: Bench) -> None:
    before = Listening(bench).start()
    order = bench.place(**INVOICE)
    bench.run_jobs()
    bench.company_is(currencies={"SEK": 1, "EUR": "11.25", "DKK": 1})
    before.caught_up()
    before.stop()
    bench.company_is(currencies={"SEK": 1, "EUR": "11.25", "NOK": "0.96"})
    bench.emulators.world.events.clear()
    after = Listening(bench)
    after._thread.start()
    eventually(lambda: after.companies() == 1)
    bench.rest()
    after.stop()
    assert bench.state(order) == "booked"


def test_an_address_where_nobody_answers_costs_nothing_but_tries(bench: Bench) -> None:
    lonely = Listening(bench)
    lonely.address = "ws://127.0.0.1:1/topics-v1"
    lonely._thread.start()
    order = bench.place(lines=[VASE])
    bench.run_jobs()
    bench.proves(order)
    lonely.stop()
