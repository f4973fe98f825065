"""An import that is not booked is taken back; the file stays, and what is booked stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from app import cli
from app.jobs import queue as jobs
from app.payouts.imports.payout_files import PayoutFiles
from app.payouts.imports.undo import ImportUndoError, TakenBack
from app.payouts.known_payouts import Known
from app.payouts.line_answer_store import LineAnswering
from app.payouts.planning.line_answers import HOLD
from app.schema import GivenAnswer, PayoutFile, Tenant
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.payout_files import HEAD, KLARNA, give_bank_amounts, kept, row, stored, taken

pytestmark = pytest.mark.usefixtures("files")


def taken_back(bench: Bench, file_id: int) -> TakenBack:
    found = bench.program.payout_files.undo.take_back(bench.tenant_id, file_id, "maja@example.se")
    bench.rest()
    return found


def payouts(bench: Bench, file_id: int) -> list[Known]:
    preview = bench.program.payout_files.preview(bench.tenant_id, file_id)
    assert preview is not None
    return [payout.known for payout in preview.payouts]


def test_import_that_is_not_booked_is_taken_back_and_can_come_again(bench: Bench) -> None:
    order = bench.place(**KLARNA)
    bench.rest()
    file_id = taken(bench, HEAD + row(order.name, "499,00", "12,00"), bank="400,00").file_id
    assert bench.findings() == ["PAYOUT_NOT_WHOLE"]

    assert taken_back(bench, file_id) == TakenBack(removed=1)

    assert (bench.findings(), payouts(bench, file_id), bench.balance(1930)) == ([], [Known.NEW], 0)
    with bench.program.store.read() as session:
        file = session.get_one(PayoutFile, file_id)
    assert (file.imported_at, file.taken_back_by) == (None, "maja@example.se")
    taken(bench, HEAD + row(order.name, "499,00", "12,00"), bank=None)
    assert bench.state("payout:klarna:K-1") == "waiting", "the bank's amount was said of the import that is gone"
    taken(bench, HEAD + row(order.name, "499,00", "12,00"))
    assert (bench.balance(1930), bench.balance(1586)) == (487, 0)


def test_payout_whose_import_is_gone_is_looked_at_and_nothing_comes_of_it(bench: Bench) -> None:
    file_id = taken(bench, HEAD + row("#1", "499,00"), bank=None).file_id
    taken_back(bench, file_id)
    (job,) = [one for one in bench.jobs() if one.subject == "payout:klarna:K-1"]
    with bench.program.store.write() as session:
        jobs.wake(session, [job.id])
    bench.rest()
    assert (bench.state("payout:klarna:K-1"), bench.findings()) == ("skipped", [])


def test_import_of_a_booked_payout_stays(bench: Bench) -> None:
    order = bench.place(**KLARNA)
    bench.rest()
    file_id = taken(bench, HEAD + row(order.name, "499,00")).file_id
    with pytest.raises(ImportUndoError, match="booked"):
        taken_back(bench, file_id)
    assert (bench.balance(1930), payouts(bench, file_id)) == (499, [Known.KNOWN])


def test_of_a_file_with_a_booked_payout_the_others_are_taken_back(bench: Bench) -> None:
    order = bench.place(**KLARNA)
    bench.rest()
    text = HEAD + row(order.name, "499,00")
    taken(bench, text)
    longer = taken(bench, text + row("#2", "100,00", payout="K-2"), bank=None)
    assert taken_back(bench, longer.file_id) == TakenBack(removed=1)
    assert payouts(bench, longer.file_id) == [Known.KNOWN, Known.NEW]


def test_import_that_tells_a_booked_payout_otherwise_is_taken_back_to_what_is_booked(bench: Bench) -> None:
    order = bench.place(**KLARNA)
    bench.rest()
    first = taken(bench, HEAD + row(order.name, "499,00"))
    wrong = taken(bench, HEAD + row(order.name, "400,00"))
    assert bench.findings() == ["PAYOUT_CHANGED_AFTER_BOOKING"]

    assert taken_back(bench, wrong.file_id) == TakenBack(restored=1)

    assert (bench.findings(), bench.balance(1930)) == ([], 499)
    assert (payouts(bench, first.file_id), payouts(bench, wrong.file_id)) == ([Known.KNOWN], [Known.CHANGED])
    with pytest.raises(ImportUndoError, match="booked"):
        taken_back(bench, first.file_id)


def test_payout_that_was_stopped_as_doubled_goes_on_once_the_other_import_is_taken_back(bench: Bench) -> None:
    order = bench.place(**KLARNA)
    bench.rest()
    first = taken(bench, HEAD + row(order.name, "499,00", payout="K-1"), bank=None)
    taken(bench, HEAD + row(order.name, "499,00", payout="K-2"), bank=None)
    assert "REFUND_PAYOUT_DOUBLED" in bench.findings()
    taken_back(bench, first.file_id)
    give_bank_amounts(bench)
    assert (bench.findings(), bench.balance(1930), bench.balance(1586)) == ([], 499, 0)


def test_what_was_answered_of_the_import_is_taken_back_with_it(bench: Bench) -> None:
    text = HEAD + row("#1", "499,00")
    file_id = taken(bench, text, bank=None).file_id
    payout_id = bench.payout_id("payout:klarna:K-1")
    LineAnswering(bench.program.store, lambda: None).hold(bench.tenant_id, payout_id, "maja@example.se")
    bench.rest()
    assert bench.findings() == ["PAYOUT_HELD"]
    taken_back(bench, file_id)
    taken(bench, text)
    assert bench.findings() == ["PAYOUT_LINE_UNMATCHED"], f"no {HOLD} of an import that is gone"
    with bench.program.store.read() as session:
        kept = session.scalars(select(GivenAnswer).where(GivenAnswer.job_id.is_not(None))).all()
    job = bench.job("payout:klarna:K-1").id
    assert (HOLD, "maja@example.se", None, job) in {
        (answer.answer, answer.given_by, answer.payout_id, answer.job_id) for answer in kept
    }, "what was said stays known"


def test_file_of_another_company_or_of_no_payout_is_not_taken_back(bench: Bench) -> None:
    file_id = taken(bench, HEAD + row("#1", "499,00"), bank=None).file_id
    with pytest.raises(ImportUndoError, match="gone"):
        bench.program.payout_files.undo.take_back(bench.tenant_id + 1, file_id, "maja@example.se")
    shown = kept(bench, HEAD + row("#1", "499,00", payout="K-3"))
    with pytest.raises(ImportUndoError, match="nothing"):
        taken_back(bench, shown)


def test_command_takes_an_import_back(
    bench: Bench, files: PayoutFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    del files
    monkeypatch.setenv("DATABASE_URL", database_url)
    with bench.program.store.read() as session:
        company = session.get_one(Tenant, bench.tenant_id).name
    file = tmp_path / "klarna.csv"
    file.write_text(HEAD + row("#1", "499,00"))
    assert CliRunner().invoke(cli.app, ["payouts", "import", company, str(file)]).exit_code == 0
    ran = CliRunner().invoke(cli.app, ["payouts", "take-back", company, str(file)])
    assert (ran.exit_code, ran.output.splitlines()[-1]) == (0, "1 taken back, 0 as booked again, 0 booked and kept.")
    again = CliRunner().invoke(cli.app, ["payouts", "take-back", company, str(file)])
    assert (again.exit_code, "nothing to take back" in again.output) == (1, True)
    assert stored(bench) == ["payout:klarna:K-1"], "the job keeps what was seen of it"
