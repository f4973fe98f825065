"""`bokbro rules`: a company's rules shown, checked against its chart, put in force; its OSS map as a file."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer
import yaml
from pydantic import ValidationError
from sqlalchemy import select

from app.catalogue import lookup
from app.cli.starting import FAILED, existing_tenant, running_program
from app.master_data.chart import check_chart
from app.model.order import books_day
from app.model.platforms import PlatformKind
from app.periods.oss_map import read_oss, write_oss
from app.schema import Connection
from app.tenants.repository import UnknownRulesError, load_rules, put_in_force, rules_to_json

rules = typer.Typer(no_args_is_help=True, help="A company's rules: accounts, maps, trigger; every change is a version.")


@rules.command("show")
def show_rules(company: str) -> None:
    """Print the rules in force as YAML, ready to be edited."""
    with running_program() as program, program.store.read() as session:
        rules = load_rules(session, existing_tenant(session, company))
    typer.echo(yaml.safe_dump(rules_to_json(rules), allow_unicode=True, sort_keys=True), nl=False)


@rules.command("check")
def check_rules(company: str) -> None:
    """Compare the accounts of the rules with the company's chart, as it was last read; 1 if a bookkeeper must act."""
    with running_program() as program:
        with program.store.read() as session:
            tenant_id = existing_tenant(session, company)
            rules = load_rules(session, tenant_id)
            conditions = (Connection.tenant_id == tenant_id, Connection.kind == PlatformKind.LEDGER)
            connection = session.scalar(select(Connection.id).where(*conditions))
        if connection is None:
            typer.echo(f"{company} is not connected to Fortnox.", err=True)
            raise typer.Exit(FAILED)
        facts = program.register.facts(connection, customers=(), articles=())
        wrong = check_chart(rules, facts, books_day(program.now()))
    for fault in wrong:
        typer.echo(f"{fault.code}: {lookup(fault.code).text('en', fault.data)}")
    if not wrong:
        typer.echo(f"Version {rules.version}: every account in use is there, active, and has a VAT code that fits.")
    raise typer.Exit(FAILED if wrong else 0)


@rules.command("set")
def set_rules(company: str, file: Path) -> None:
    """Put edited rules in force and look at the company's stopped and waiting orders again."""
    with running_program() as program:
        try:
            with program.store.write() as session:
                tenant_id = existing_tenant(session, company)
                edited = yaml.safe_load(file.read_text()) or {}
                version, woken = put_in_force(session, tenant_id, edited, by=getpass.getuser())
        except (ValidationError, UnknownRulesError, yaml.YAMLError) as error:
            typer.echo(f"{file} was not put in force: {error}", err=True)
            raise typer.Exit(FAILED) from error
        program.notifier.notify()
    _report(version, woken)


@rules.command("oss-export")
def export_oss(
    company: str,
    file: Annotated[Path | None, typer.Argument(help="Where to; standard output without")] = None,
    *,
    proposed: Annotated[bool, typer.Option(help="Fill what is not mapped with proposed accounts")] = False,
) -> None:
    """Write every country and rate of the EU with its accounts, as CSV."""
    with running_program() as program, program.store.read() as session:
        rules = load_rules(session, existing_tenant(session, company))
    text = write_oss(rules.accounts, proposed=proposed)
    if file is None:
        typer.echo(text, nl=False)
    else:
        file.write_text(text, encoding="utf-8")


@rules.command("oss-import")
def import_oss(
    company: str, file: Path, *, dry_run: Annotated[bool, typer.Option(help="Show what it changes")] = False
) -> None:
    """Put the accounts of an edited file in force, all or none of them."""
    with running_program() as program:
        with program.store.write() as session:
            tenant_id = existing_tenant(session, company)
            rules = load_rules(session, tenant_id)
            read = read_oss(file.read_text(encoding="utf-8"), rules.accounts)
            for bad in read.bad:
                typer.echo(f"line {bad.number}: {bad.problem}", err=True)
            if read.bad:
                raise typer.Exit(FAILED)
            for change in read.changes:
                typer.echo(f"{change.role}: {change.before or '-'} -> {change.after or '-'}")
            if dry_run or not read.changes:
                return
            edited = rules_to_json(rules) | {"accounts": read.laid_over(rules.accounts)}
            version, woken = put_in_force(session, tenant_id, edited, by=getpass.getuser())
        program.notifier.notify()
    _report(version, woken)


def _report(version: int, woken: int) -> None:
    typer.echo(f"Version {version} is in force; {woken} stopped or waiting orders are looked at again.")
