"""`bokbro backup` and `bokbro restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from app.cli.starting import FAILED, built, load_settings, running_program
from app.execution.restore import notice_restore
from app.kit.db.backups import BackupError, back_up, load
from app.kit.db.migration import migrate
from app.kit.encryption import DecryptionError
from app.logs import configure_logs
from app.schema import Connection
from app.wiring import Program

_KEPT_APART = "SECRET_KEYS is not in it: keep your settings in another place. Without them every connection is lost."


def backup(file: Annotated[Path, typer.Argument(help="Where to write it; an existing file is replaced")]) -> None:
    """Write a backup of the whole database (pg_dump's custom format). The service may go on."""
    with running_program() as program:
        try:
            size = back_up(program.store, file)
        except BackupError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(FAILED) from error
    typer.echo(f"{file}: {size:,} bytes. {_KEPT_APART}")


def restore(file: Annotated[Path, typer.Argument(help="A file that `bokbro backup` or `pg_dump -Fc` wrote")]) -> None:
    """Put the database back as it was at a backup, and make it safe to go on. The service must be stopped.

    What it holds now is replaced. From then on whatever is not proven booked is looked for in Fortnox before it is
    sent, and shops and providers are asked for what happened since the backup.
    """
    settings = load_settings()
    configure_logs(settings)
    program = built(settings)
    try:
        load(program.store, file)
    except BackupError as error:
        program.close()
        typer.echo(f"Not restored; the database is as it was: {error}", err=True)
        raise typer.Exit(FAILED) from error
    try:
        migrate(program.store)
        notice_restore(program.store, program.now())
        typer.echo("Restored. Nothing is sent before it has been looked for in Fortnox.")
        _ask_what_happened_since(program)
    finally:
        program.close()
    typer.echo("Start the service. Files, answers and settings that were entered after the backup must be given again.")


def _ask_what_happened_since(program: Program) -> None:
    """Ask every shop and provider that can be asked; the service asks the others when it has started."""
    for line in _not_opened(program):
        typer.echo(line, err=True)
    orders = program.scheduler.backfill()
    typer.echo(f"{orders} orders changed in the shops since then; they are due.")
    payouts = program.poll_payouts()
    typer.echo(f"{payouts} payouts are new or changed.")


def _not_opened(program: Program) -> list[str]:
    """What each connection says whose secrets the present SECRET_KEYS do not open."""
    with program.store.read() as session:
        known = session.execute(select(Connection.id, Connection.platform, Connection.account)).all()
    lines = []
    for connection_id, platform, account in known:
        try:
            program.grants.load(connection_id)
        except DecryptionError:
            lines.append(f"{platform} {account}: SECRET_KEYS lacks the key of then; add it behind the newest one.")
    return lines
