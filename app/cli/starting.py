"""What every command begins with: settings, the program, the company that is meant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from pydantic import ValidationError
from sqlalchemy import select

from app.execution.restore import notice_restore
from app.kit.db.embedded import DataDirectoryError
from app.kit.db.engine import ReadSession, WriteSession
from app.kit.db.migration import migrate
from app.logs import configure_logs
from app.schema import Tenant
from app.settings import Settings
from app.wiring import Program, build

FAILED = 1
"""Exit status of a command that did not do what it was asked."""


def load_settings() -> Settings:
    """The settings of this installation; what is wrong with them is said in plain lines, without their values."""
    try:
        return Settings()
    except ValidationError as error:
        for fault in error.errors(include_input=False, include_url=False):
            typer.echo(f"{'.'.join(str(part) for part in fault['loc']) or 'settings'}: {fault['msg']}", err=True)
        raise typer.Exit(FAILED) from error


def built(settings: Settings) -> Program:
    """The program; what prevents the embedded server from starting is said in one line."""
    try:
        return build(settings)
    except DataDirectoryError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(FAILED) from error


def start_program() -> Program:
    """The program on a database of the newest revision. The caller closes it."""
    settings = load_settings()
    configure_logs(settings)
    program = built(settings)
    migrate(program.store)
    notice_restore(program.store, program.now())
    return program


@contextmanager
def running_program() -> Iterator[Program]:
    """The program for as long as a command works."""
    program = start_program()
    try:
        yield program
    finally:
        program.close()


def existing_tenant(session: ReadSession | WriteSession, company: str) -> int:
    """The company of that name. Raises typer.Exit with a plain line where there is none."""
    tenant_id = session.scalar(select(Tenant.id).where(Tenant.name == company))
    if tenant_id is None:
        typer.echo(f"There is no company {company!r}.", err=True)
        raise typer.Exit(FAILED)
    return tenant_id


def only_tenant(session: ReadSession | WriteSession, company: str | None) -> int:
    """The company of that name, or the only one there is. Raises typer.Exit with a plain line otherwise."""
    if company is not None:
        return existing_tenant(session, company)
    ids = session.scalars(select(Tenant.id).limit(2)).all()
    if len(ids) != 1:
        typer.echo("Say --company NAME: there is more than one." if ids else "There is no company yet.", err=True)
        raise typer.Exit(FAILED)
    return ids[0]
