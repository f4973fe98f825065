"""The provider's file at the voucher of its payout: by rule, once whatever happens, never a reason for a failure."""

from __future__ import annotations

from typing import Any

import pytest

from app.jobs import queue as jobs
from app.jobs.inbox import make_due
from app.payouts.imports.payout_files import PayoutFiles
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.payout_files import HEAD, KLARNA, MAP, row, taken
from tests.support.pipeline.reports import attached

UPLOAD, CONNECT = "POST inbox", "POST voucherfileconnections"


@pytest.fixture
def files(bench: Bench) -> PayoutFiles:
    bench.rules(attach_report=True)
    files = bench.program.payout_files
    files.save_map(bench.tenant_id, MAP, by="maja@example.se")
    return files


def uploaded(bench: Bench) -> list[str]:
    world = bench.emulators.world
    with world.lock:
        return [str(one.fields["Name"]) for one in world.companies[bench.company].kind("files").values()]


def sold(bench: Bench, payout: str = "K-1") -> str:
    order = bench.place(**KLARNA)
    bench.rest()
    return row(order.name, "499,00", "12,00", payout=payout)


def wake(bench: Bench, subject: str) -> None:
    with bench.program.store.write() as session:
        jobs.wake(session, [bench.job(subject).id])


@pytest.mark.usefixtures("files")
def test_file_lies_at_its_voucher_byte_for_byte_and_the_payout_cost_one_call(bench: Bench) -> None:
    text = HEAD + sold(bench)
    bench.emulators.kit.calls.clear()
    taken(bench, text)
    assert bench.sent() == ["POST vouchers", UPLOAD, CONNECT]
    assert (attached(bench), bench.findings()) == ({"A1": text.encode()}, [])
    assert bench.job("payout:klarna:K-1").calls == 1
    assert bench.job("report:payout:klarna:K-1").calls == 2


@pytest.mark.usefixtures("files")
def test_each_payout_of_a_file_gets_its_own_copy_with_its_own_name(bench: Bench) -> None:
    taken(bench, HEAD + sold(bench) + sold(bench, "K-2"))
    assert sorted(attached(bench)) == ["A1", "A2"]
    assert len(set(uploaded(bench))) == 2


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("fault", ["close_before", "close_after", "status"])
@pytest.mark.parametrize("path", ["/3/inbox", "/3/voucherfileconnections"])
def test_no_fault_attaches_it_twice_or_not_at_all(bench: Bench, fault: Any, path: str) -> None:
    text = HEAD + sold(bench)
    bench.emulators.kit.faults.order(fault, "POST", path)
    taken(bench, text)
    assert (attached(bench), len(uploaded(bench))) == ({"A1": text.encode()}, 1)
    assert (bench.findings(), bench.balance(1930)) == ([], 487)


@pytest.mark.usefixtures("files")
def test_same_payout_looked_at_again_sends_nothing(bench: Bench) -> None:
    text = HEAD + sold(bench)
    taken(bench, text)
    bench.emulators.kit.calls.clear()
    wake(bench, "payout:klarna:K-1")
    bench.rest()
    assert (bench.sent(), len(uploaded(bench))) == ([], 1)


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("lacking", ["inbox", "connectfile"])
def test_lacking_scope_is_a_notice_and_the_payout_is_booked(bench: Bench, lacking: str) -> None:
    licensed = tuple(scope for scope in bench.emulators.world.config.clients[0].scopes if scope != lacking)
    bench.company_is(licences=licensed)
    taken(bench, HEAD + sold(bench))
    assert (bench.state("payout:klarna:K-1"), bench.balance(1930)) == ("booked", 487)
    assert (bench.findings(), attached(bench)) == (["PAYOUT_REPORT_NOT_ATTACHED"], {})
    bench.company_is(licences=None)
    wake(bench, "report:payout:klarna:K-1")
    bench.rest()
    assert (bench.findings(), list(attached(bench)), len(uploaded(bench))) == ([], ["A1"], 1)


def test_without_the_rule_nothing_is_uploaded(bench: Bench) -> None:
    bench.program.payout_files.save_map(bench.tenant_id, MAP, by="maja@example.se")
    taken(bench, HEAD + sold(bench))
    assert (uploaded(bench), [job.subject for job in bench.jobs() if job.subject.startswith("report:")]) == ([], [])


@pytest.mark.usefixtures("files")
def test_payout_that_is_not_booked_has_no_report(bench: Bench) -> None:
    bench.rules(attach_report=True, unknown_lines="hold")
    taken(bench, HEAD + row("#okänd", "499,00"))
    assert (bench.state("payout:klarna:K-1"), uploaded(bench)) == ("stopped", [])


@pytest.mark.usefixtures("files")
def test_rule_that_was_turned_off_meanwhile_attaches_nothing(bench: Bench) -> None:
    taken(bench, HEAD + row("#okänd", "499,00"))
    count = len(uploaded(bench))
    bench.rules(attach_report=False)
    taken(bench, HEAD + row("#okänd", "99,00", payout="K-2"))
    with bench.program.store.write() as session:
        make_due(session, bench.tenant_id, bench.fortnox_id, "report:payout:klarna:K-2")
    bench.rest()
    assert (len(uploaded(bench)), bench.state("report:payout:klarna:K-2")) == (count, "skipped")
