"""A shop and a ledger that Bokbro does not have (`tests/adapters`), through the whole pipeline.

Abacus posts documents and credit notes in one call each, exact to the öre; Stall has its own orders and payouts. No
file outside of their packages knows them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal

import pytest

from app.catalogue import loading
from app.jobs.notifier import SilentNotifier
from app.schema import Connection
from app.web.reading import StoredReading
from app.wiring import Program, build
from tests.adapters.abacus import platform as abacus
from tests.adapters.abacus.server import CLAIMS
from tests.adapters.stall import platform as stall
from tests.support.databases import Database
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.emulators import Emulators, settings_for
from tests.support.pipeline.plugs import RULES, STALL_CLEARING, Market, Merchant

BOWL, CUP = ("SKÅL", 1, 12990), ("KOPP", 3, 9999)
CODES = frozenset(str(entry["code"]) for entry in (*abacus.FINDINGS, *stall.FINDINGS))


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def market() -> Market:
    return Market()


@pytest.fixture
def program(emulators: Emulators, database: Database, database_url: str, market: Market) -> Iterator[Program]:
    settings = settings_for(emulators, database_url)
    program = build(settings, notifier=SilentNotifier(), store=database.store, plugs=market.plugs)
    yield program
    program.close()
    for code in CODES:  # the catalogue is the process's own, and other tests look at it whole
        loading._ENTRIES.pop(code)


@pytest.fixture
def merchant(program: Program) -> Merchant:
    """A company that sells at Stall and keeps its books in Abacus."""
    merchant = Merchant(program)
    merchant.begin()
    merchant.keep_books_in_abacus()
    merchant.sell_at_stall()
    return merchant


def kroner(market: Market, account: int) -> Decimal:
    return Decimal(market.books.balance(account)) / 100


def test_order_is_invoiced_paid_and_partly_refunded_to_the_ore(market: Market, merchant: Merchant) -> None:
    market.shop.sell("1", BOWL, CUP, freight=2990)
    merchant.hear("1")
    merchant.rest()
    assert merchant.state("order:stall:1") == "booked"
    assert kroner(market, STALL_CLEARING) == Decimal("259.79")
    market.shop.take_back("1", line=1, units=1, ore=3333)
    merchant.hear("1")
    merchant.rest()
    assert merchant.findings() == []
    assert [document["kind"] for document in market.books.documents] == ["sale", "receipt", "credit", "receipt"]
    assert kroner(market, CLAIMS) == 0
    assert kroner(market, STALL_CLEARING) == Decimal("226.46")
    assert kroner(market, 2611) == Decimal("-51.96") + Decimal("6.67"), "VAT out of each document's sum"
    assert kroner(market, 3740) == 0, "nothing is rounded to whole kronor"
    assert {market.books.open_of(document["number"]) for document in market.books.documents if "rows" in document} == {
        0
    }


def test_plan_has_no_step_that_the_ledger_does_not_know(market: Market, merchant: Merchant) -> None:
    market.shop.sell("1", BOWL)
    merchant.hear("1")
    merchant.rest()
    market.shop.take_back("1", line=0, units=1, ore=12990)
    merchant.hear("1")
    merchant.rest()
    kinds = set(merchant.steps().values())
    assert kinds == {"EnsureCustomer", "EnsureArticle", "CreateInvoice", "PayInvoice"}
    (credit,) = [document for document in market.books.documents if document["kind"] == "credit"]
    assert credit["credits"] == market.books.documents[0]["number"]


@pytest.mark.parametrize("kind", ["sale", "receipt", "credit"])
def test_killed_between_send_and_record_is_found_and_not_doubled(market: Market, merchant: Merchant, kind: str) -> None:
    _interrupted(market, merchant, kind, Killed)
    assert merchant.history().count("adopted") == 1


@pytest.mark.parametrize("kind", ["sale", "receipt", "credit"])
def test_lost_answer_is_found_and_not_doubled(market: Market, merchant: Merchant, kind: str) -> None:
    _interrupted(market, merchant, kind, ConnectionError)
    assert merchant.history().count("adopted") == 1


def _interrupted(market: Market, merchant: Merchant, kind: str, error: type[BaseException]) -> None:
    market.books.before_answer = _once(kind, error)
    market.shop.sell("1", BOWL, CUP)
    for is_taken_back in (False, True):
        if is_taken_back:
            market.shop.take_back("1", line=1, units=2, ore=6666)
        merchant.hear("1")
        try:
            merchant.program.worker.run()
        except Killed:
            merchant.pass_time()
        merchant.rest()
    assert merchant.findings() == []
    assert [document["kind"] for document in market.books.documents] == ["sale", "receipt", "credit", "receipt"]
    assert (kroner(market, CLAIMS), kroner(market, STALL_CLEARING)) == (Decimal(0), Decimal("163.23"))


def _once(kind: str, error: type[BaseException]) -> Callable[[str], None]:
    """At the first answer to a posting of that kind the process ends, or the answer is lost."""
    left = [1]

    def answered(posted: str) -> None:
        if posted == kind and left:
            left.clear()
            raise error("after it was posted")

    return answered


def test_payout_of_the_shop_clears_its_account(market: Market, merchant: Merchant) -> None:
    market.shop.sell("1", BOWL, CUP)
    merchant.hear("1")
    merchant.rest()
    market.shop.take_back("1", line=1, units=1, ore=3333)
    merchant.hear("1")
    merchant.rest()
    market.shop.pay_out("1", fee=455)
    assert merchant.program.payout_poll.run() == 1
    merchant.rest()
    assert merchant.findings() == []
    assert kroner(market, STALL_CLEARING) == 0
    assert (kroner(market, 1930), kroner(market, 6040)) == (Decimal("192.01"), Decimal("4.55"))
    assert merchant.program.payout_poll.run() == 0, "the same payout once more changes nothing"


def test_books_of_the_ledger_are_compared_with_what_was_posted(market: Market, merchant: Merchant) -> None:
    market.shop.sell("1", CUP)
    merchant.hear("1")
    merchant.rest()
    assert merchant.program.scheduler.compare_ledgers(timedelta(0)) == 1
    merchant.rest()
    assert merchant.findings() == []
    market.books.documents[0]["voucher"] = {"1510": 10000, "3001": -10000}
    merchant.program.scheduler.compare_ledgers(timedelta(0))
    merchant.rest()
    assert merchant.findings() == ["FORTNOX_LEDGER_DIFFERS"]


def test_refusals_and_outages_are_told_in_the_platforms_own_codes(market: Market, merchant: Merchant) -> None:
    market.shop.sell("1", BOWL)
    market.shop.is_away = True
    merchant.hear("1")
    merchant.program.worker.run()
    assert merchant.findings() == ["STALL_UNAVAILABLE"]
    market.shop.is_away, market.books.is_away = False, True
    merchant.pass_time()
    merchant.program.worker.run()
    assert merchant.findings() == ["ABACUS_UNAVAILABLE"]
    market.books.is_away, market.books.closed = False, frozenset({3001})
    merchant.rest()
    assert merchant.findings() == ["ABACUS_REFUSED"]
    market.shop.orders["1"]["lines"][0]["ore"] = "much"
    merchant.hear("1")
    merchant.rest()
    assert merchant.findings() == ["STALL_NOT_READ"]
    del market.shop.orders["1"]
    merchant.hear("1")
    merchant.rest()
    assert merchant.findings() == ["STALL_NO_SUCH_ORDER"]
    market.shop.refuses = True
    merchant.hear("1")
    merchant.rest()
    assert merchant.findings() == ["STALL_REFUSED"]


def test_order_of_the_second_shop_stands_in_fortnox(emulators: Emulators, program: Program, market: Market) -> None:
    bench = Bench(program, emulators)
    bench.connect()
    bench.warm()
    bench.rules(**RULES)
    merchant = Merchant(program, bench.tenant_id)
    merchant.sell_at_stall()
    market.shop.sell("1", BOWL, CUP)
    merchant.hear("1")
    bench.rest()
    market.shop.take_back("1", line=1, units=1, ore=3333)
    merchant.hear("1")
    bench.rest()
    assert bench.findings() == []
    totals = [(one["Total"], one["RoundOff"], one["Booked"], one["Balance"]) for one in bench.invoices()]
    assert totals == [(230, Decimal("0.11"), True, 0), (-33, Decimal("0.33"), True, 0)]
    assert (bench.balance(1510), bench.balance(STALL_CLEARING)) == (0, Decimal("196.56"))
    assert {"MakeCredit", "BookInvoice", "ConfirmSettled"} <= set(merchant.steps().values())


def test_order_of_shopify_stands_in_the_second_ledger(emulators: Emulators, program: Program, market: Market) -> None:
    bench = Bench(program, emulators)
    merchant = Merchant(program)
    merchant.begin()
    merchant.keep_books_in_abacus()
    bench.tenant_id = merchant.tenant_id
    bench.shop_id = bench.connect_shop(bench.domain, bench.secret)
    order = bench.place(lines=[{"title": "Kopp", "sku": "KOPP", "price": "33.33", "quantity": 3}])
    bench.rest()
    bench.act(order, "refund", lines=[{"line": 0, "quantity": 1}])
    bench.rest()
    assert bench.findings() == []
    assert market.books.refs("sale") == [f"{order.name} invoice"]
    assert (kroner(market, CLAIMS), kroner(market, 1581)) == (Decimal(0), Decimal("66.66"))
    assert bench.sent() == [], "nothing goes to Fortnox"


def test_lost_consent_never_sends_an_order_to_other_books(
    emulators: Emulators, program: Program, market: Market
) -> None:
    bench = Bench(program, emulators)
    bench.connect()
    bench.warm()
    merchant = Merchant(program, bench.tenant_id)
    merchant.keep_books_in_abacus()
    with program.store.write() as session:
        session.get_one(Connection, bench.fortnox_id).state = "needs_consent"
    bench.place()
    bench.run_jobs()
    assert (bench.findings(), market.books.documents) == (["FORTNOX_NOT_CONNECTED"], [])


def test_pages_show_the_platforms_as_people_know_them(merchant: Merchant) -> None:
    program = merchant.program
    reading = StoredReading(program.store, program.granting, program.platforms.titles)
    assert [shown.title for shown in reading.connections(merchant.tenant_id)] == ["Abacus", "Stall"]
