"""`bokbro user` and `bokbro company`: who may sign in, and the companies with their states."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from app.cli.starting import FAILED, existing_tenant, running_program
from app.kit.db.engine import WriteSession
from app.model.order import books_day
from app.schema import Tenant, UserAccount
from app.tenants.company_state import StateChangeError, go_live, pause, resume, start_trial
from app.tenants.passwords import Passwords, WeakPasswordError
from app.tenants.people import AddressTakenError, add_person, companies_of, company_list, join
from app.tenants.roles import Role
from app.tenants.sessions import revoke_all_sessions

users = typer.Typer(no_args_is_help=True, help="People who may sign in.")
companies = typer.Typer(no_args_is_help=True, help="Companies and their states.")
_BY = "bokbro"
"""Who did it, in the history: somebody with the command line of the host."""
_WRONG_USE = 2


class CompanyRole(StrEnum):
    """What a person is in a company."""

    MERCHANT = Role.MERCHANT.value
    BOOKKEEPER = Role.BOOKKEEPER.value


Company = Annotated[str, typer.Argument(help="The company's name")]
Email = Annotated[str, typer.Argument(help="The person's e-mail address")]


@users.command("add")
def add_user(
    email: Email,
    *,
    name: Annotated[str, typer.Option(help="Shown in the pages")] = "",
    company: Annotated[str | None, typer.Option(help="The company that the person belongs to")] = None,
    new: Annotated[bool, typer.Option("--new", help="Found the company; without it, it must exist")] = False,
    operator: Annotated[bool, typer.Option("--operator", help="Sees all companies, belongs to none")] = False,
    role: Annotated[CompanyRole, typer.Option(help="In the company")] = CompanyRole.MERCHANT,
) -> None:
    """Add a person, or make one a member of another company; a password is asked for only where there is none yet."""
    if operator == (company is not None):
        typer.echo("Say --company NAME (with --new to found it), or --operator.", err=True)
        raise typer.Exit(_WRONG_USE)
    address = email.strip().lower()
    if "@" not in address:
        typer.echo(f"{address!r} is no e-mail address.", err=True)
        raise typer.Exit(_WRONG_USE)
    with running_program() as program:
        with program.store.read() as session:
            known = session.scalar(select(UserAccount).where(UserAccount.email == address))
        if known is not None and (operator or known.is_operator):
            typer.echo(f"{address} may sign in already; nothing was changed.", err=True)
            raise typer.Exit(FAILED)
        hashed = _asked_password() if known is None else ""
        with program.store.write() as session:
            tenant_id = _company(session, company, new=new) if company is not None else None
            try:
                user_id = known.id if known else add_person(
                    session, email=address, name=name, password_hash=hashed, is_operator=operator
                )  # fmt: skip
            except AddressTakenError as error:  # somebody else added it while the password was typed
                typer.echo(f"{address} may sign in already; nothing was changed.", err=True)
                raise typer.Exit(FAILED) from error
            if tenant_id is not None:
                if any(own.tenant_id == tenant_id for own in companies_of(session, user_id)):
                    typer.echo(f"{address} may sign in already; nothing was changed.", err=True)
                    raise typer.Exit(FAILED)
                join(session, user_id, tenant_id, Role(role.value), by=_BY)
    typer.echo(f"{address} may sign in.")


@users.command("list")
def list_users() -> None:
    """Everybody who may sign in, with their companies."""
    table = Table("e-mail", "name", "companies", "since", "")
    with running_program() as program, program.store.read() as session:
        for user in session.scalars(select(UserAccount).order_by(UserAccount.email)):
            own = [f"{company.name} ({company.role})" for company in companies_of(session, user.id)]
            table.add_row(
                user.email, user.name, "operator" if user.is_operator else ", ".join(own) or "none",
                f"{user.created_at:%Y-%m-%d}", "disabled" if user.disabled_at else "",
            )  # fmt: skip
    Console().print(table)


@users.command("disable")
def disable_user(
    email: Email, *, undo: Annotated[bool, typer.Option("--undo", help="Let the person sign in again")] = False
) -> None:
    """Keep a person out, and end their sessions. What they did stays in the history."""
    with running_program() as program, program.store.write() as session:
        user = _existing(session, email)
        user.disabled_at = None if undo else program.now()
        revoke_all_sessions(session, user.id, program.now())
    typer.echo(f"{email} may sign in again." if undo else f"{email} may not sign in any more.")


@users.command("password")
def change_password(email: Email) -> None:
    """Give a person another password, and end their sessions."""
    with running_program() as program:
        with program.store.write() as session:
            _existing(session, email)
        hashed = _asked_password()
        with program.store.write() as session:
            user = _existing(session, email)
            user.password_hash = hashed
            revoke_all_sessions(session, user.id, program.now())
    typer.echo(f"{email} has a new password and is signed out everywhere.")


@companies.command("list")
def list_companies() -> None:
    """All companies, their states and connections."""
    table = Table("company", "state", "connections", "people")
    with running_program() as program, program.store.read() as session:
        for row in company_list(session):
            table.add_row(row.name, row.state.value, ", ".join(row.connections) or "none", str(row.people))
    Console().print(table)


@companies.command("trial")
def begin_trial(company: Company) -> None:
    """Setting up → trial: everything is read and planned, nothing is written."""
    with running_program() as program, program.store.write() as session:
        tenant_id = existing_tenant(session, company)
        _or_say_why(lambda: start_trial(session, tenant_id, by=_BY), "it is not being set up, or lacks a connection")
    typer.echo(f"{company} is in trial.")


@companies.command("live")
def begin_booking(
    company: Company,
    *,
    start: Annotated[str, typer.Option(help="First day that is booked, as 2026-12-01; today without")] = "",
) -> None:
    """Trial → live: everything from a day on is booked."""
    try:
        day = date.fromisoformat(start) if start else None
    except ValueError as error:
        typer.echo(f"{start!r} is no day: write it as 2026-12-01.", err=True)
        raise typer.Exit(_WRONG_USE) from error
    with running_program() as program:
        day = day or books_day(program.now())
        with program.store.write() as session:
            tenant_id = existing_tenant(session, company)
            _or_say_why(lambda: go_live(session, tenant_id, day, by=_BY), "it is not in trial, or lacks a connection")
        program.notifier.notify()
    typer.echo(f"{company} is live: booked from {day} on.")


@companies.command("pause")
def stop_booking(company: Company) -> None:
    """Live → paused: nothing is written until `bokbro company resume`."""
    with running_program() as program, program.store.write() as session:
        tenant_id = existing_tenant(session, company)
        _or_say_why(lambda: pause(session, tenant_id, by=_BY), "it is not live")
    typer.echo(f"{company} is paused.")


@companies.command("resume")
def go_on_booking(company: Company) -> None:
    """Paused → live: what was planned meanwhile is booked."""
    with running_program() as program:
        with program.store.write() as session:
            tenant_id = existing_tenant(session, company)
            _or_say_why(lambda: resume(session, tenant_id, by=_BY), "it is not paused")
        program.notifier.notify()
    typer.echo(f"{company} is live again.")


def _or_say_why(change: Callable[[], object], why: str) -> None:
    try:
        change()
    except StateChangeError as error:
        typer.echo(f"Nothing was changed: {why}.", err=True)
        raise typer.Exit(FAILED) from error


def _asked_password() -> str:
    """The hash of a password that is typed, or read from standard input."""
    try:
        typed = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        return Passwords().hash(typed)
    except WeakPasswordError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(FAILED) from error


def _existing(session: WriteSession, email: str) -> UserAccount:
    user = session.scalar(select(UserAccount).where(UserAccount.email == email.strip().lower()))
    if user is None:
        typer.echo(f"Nobody signs in as {email.strip().lower()!r}.", err=True)
        raise typer.Exit(FAILED)
    return user


def _company(session: WriteSession, name: str, *, new: bool) -> int:
    """The company of that name; founded where `new`. A misspelt name must not found a second company."""
    if not new:
        return existing_tenant(session, name)
    if session.scalar(select(Tenant.id).where(Tenant.name == name)) is not None:
        typer.echo(f"There is a company {name!r} already: leave --new out.", err=True)
        raise typer.Exit(FAILED)
    tenant = Tenant(name=name)
    session.add(tenant)
    session.flush()
    return tenant.id
