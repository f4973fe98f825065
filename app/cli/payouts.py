"""`bokbro payouts`: payout files shown and imported."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from app.cli.starting import FAILED, existing_tenant, running_program
from app.kit.money import Money
from app.payouts.files import RowsTwice
from app.payouts.imports.payout_files import FileRefusedError, Preview
from app.payouts.imports.refused_files import in_words, refusals
from app.payouts.imports.undo import ImportUndoError
from app.payouts.line_answer_store import LineAnswerError, LineAnswering
from app.schema import StoredPayout

payouts = typer.Typer(no_args_is_help=True, help="Payouts of payment providers.")


@payouts.callback()
def _group() -> None:
    """Keep `import` a command of its own."""


@payouts.command("import")
def import_file(
    company: str,
    file: Path,
    *,
    dry_run: Annotated[bool, typer.Option(help="Show what importing would do")] = False,
    rows_twice: Annotated[RowsTwice, typer.Option(help="What rows equal in every column are")] = RowsTwice.NOT_SAID,
) -> None:
    """Import a provider's payout file, all of it or nothing; the same file twice changes nothing."""
    with running_program() as program:
        with program.store.read() as session:
            tenant_id = existing_tenant(session, company)
        files = program.payout_files
        try:
            file_id = files.keep(tenant_id, file.name, file.read_bytes(), by=getpass.getuser())
        except OSError as error:
            typer.echo(f"{file}: {error}", err=True)
            raise typer.Exit(FAILED) from error
        except FileRefusedError as error:
            typer.echo(in_words(error.problem, "en"), err=True)
            raise typer.Exit(FAILED) from error
        if rows_twice:
            files.say_rows_twice(tenant_id, file_id, rows_twice)
        preview = files.preview(tenant_id, file_id) if dry_run else files.take_in(tenant_id, file_id)
    if preview is not None:
        _show(preview)
    for refusal in refusals(preview):
        typer.echo(in_words(refusal, "en"), err=True)
    raise typer.Exit(FAILED if refusals(preview) else 0)


@payouts.command("take-back")
def take_back(company: str, file: Path) -> None:
    """Take the import of a file back: payouts of which nothing is booked go, the file itself is kept."""
    with running_program() as program:
        with program.store.read() as session:
            tenant_id = existing_tenant(session, company)
        files, by = program.payout_files, getpass.getuser()
        try:
            file_id = files.keep(tenant_id, file.name, file.read_bytes(), by=by)
            taken_back = files.undo.take_back(tenant_id, file_id, by)
        except (OSError, FileRefusedError) as error:
            typer.echo(f"{file}: {error}", err=True)
            raise typer.Exit(FAILED) from error
        except ImportUndoError as error:
            typer.echo(_NOT_TAKEN_BACK[str(error)], err=True)
            raise typer.Exit(FAILED) from error
    typer.echo(
        f"{taken_back.removed} taken back, {taken_back.restored} as booked again, {taken_back.booked} booked and kept."
    )


@payouts.command("fetch")
def fetch() -> None:
    """Ask Qliro and the shops of all companies for their payouts now."""
    with running_program() as program:
        changed = program.poll_payouts()
    typer.echo(f"{changed} payouts, disputes and lines to look at.")


@payouts.command("bank")
def bank_amount(company: str, payout: str, amount: str) -> None:
    """Say what the bank got of a payout whose source states no sum: where it is the sum, the payout is booked."""
    with running_program() as program:
        with program.store.read() as session:
            tenant_id = existing_tenant(session, company)
            conditions = (StoredPayout.tenant_id == tenant_id, StoredPayout.number == payout)
            payouts = session.scalars(select(StoredPayout).where(*conditions)).all()
        if len(payouts) != 1:
            typer.echo(f"{len(payouts)} payouts of {company} have the number {payout}.", err=True)
            raise typer.Exit(FAILED)
        answering = LineAnswering(program.store, program.notifier.notify)
        try:
            answering.bank_amount(tenant_id, payouts[0].id, amount, getpass.getuser())
        except LineAnswerError as error:
            typer.echo(_NOT_KEPT.get(str(error), str(error)), err=True)
            raise typer.Exit(FAILED) from error
    typer.echo(f"{payout}: {Money(payouts[0].paid_out, payouts[0].currency)} by its rows, {amount} at the bank.")


_NOT_KEPT = {
    "busy": "The payout is being worked on. Try again in a moment.",
    "booked": "The payout is booked.",
    "amount": "Write an amount, for example 1004,25.",
}
_NOT_TAKEN_BACK = {
    "gone": "There is no such file.",
    "busy": "The payouts are being worked on. Try again in a moment.",
    "booked": "The payouts are booked as the file tells them. Correct them with a voucher in Fortnox.",
    "nothing": "No payout comes from this file. There is nothing to take back.",
}


def _show(preview: Preview) -> None:
    for previewed in preview.payouts:
        reported = previewed.payout
        left = f", unexplained {reported.unexplained}" if reported.unexplained else ""
        payout = f"{reported.paid_on} {reported.provider} {reported.id}: {reported.paid_out}, {reported.lines} lines"
        typer.echo(f"{payout}, {previewed.known}{left}")
    for row in preview.left_out:
        amount = f", {row.amount}" if row.amount is not None else ""
        typer.echo(f"line {row.line} left out ({row.reason}): {row.text}{amount}")
    if preview.payouts:
        counted = f"{preview.new} new of {len(preview.payouts)} payouts"
        typer.echo(f"{preview.format}: {counted}; {preview.pending} rows of none yet.")
