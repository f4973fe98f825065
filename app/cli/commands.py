"""The `bokbro` command."""

from __future__ import annotations

import json
import signal
import sys
import threading
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from app import doctor as doctor_checks
from app.cli.backups import backup, restore
from app.cli.oss import oss
from app.cli.payouts import payouts
from app.cli.people import companies, users
from app.cli.preview_text import lines_of
from app.cli.readiness import show_readiness
from app.cli.rules import rules
from app.cli.starting import FAILED, existing_tenant, load_settings, only_tenant, running_program, start_program
from app.jobs import queue as jobs
from app.main import create_application
from app.orders.preview import preview as preview_order
from app.schema import Job, JobKind, Snapshot
from app.shops.shopify import pasted
from app.tenants.repository import load_rules
from app.tenants.rules import TenantRules

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Carries every öre from shop to ledger.")
app.add_typer(users, name="user")
app.add_typer(companies, name="company")
app.add_typer(rules, name="rules")
app.add_typer(payouts, name="payouts")
app.add_typer(oss, name="oss")
app.command()(backup)
app.command()(restore)

_MOST_CONNECTIONS = 1_000
"""Open at once in one process; beyond them uvicorn answers 503, and shops send again."""


def _say_version(asked: bool) -> None:  # noqa: FBT001 - as typer calls it
    if asked:
        typer.echo(f"bokbro {version('bokbro')}")
        raise typer.Exit


@app.callback()
def about(
    *,
    shows_version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Carries every öre from shop to ledger."""


@app.command()
def serve() -> None:
    """Start the service; without DATABASE_URL on its own PostgreSQL, without BROKER_URL with its own worker."""
    # The server under it ends by the signal again once it is done: what this process started must be stopped then too.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    program = start_program()
    uvicorn.run(
        create_application(program), host=program.settings.host, port=program.settings.port, log_level="warning",
        ws="none", proxy_headers=True, server_header=False, limit_concurrency=_MOST_CONNECTIONS,
    )  # fmt: skip
    program.close()


@app.command()
def events() -> None:
    """Listen to what happens in Fortnox, for a fleet; of several that are started one listens and the others wait."""
    program = start_program()
    if program.listener is None:
        typer.echo("FORTNOX_EVENTS_URL is not set: there is nothing to listen to.", err=True)
        raise typer.Exit(FAILED)
    stop = threading.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, lambda _number, _frame: stop.set())
    program.listener.run(stop)
    program.close()


@app.command()
def migrate() -> None:
    """Bring the database to the newest revision."""
    start_program().close()
    typer.echo("The database is at the newest revision.")


@app.command()
def doctor(
    *,
    company: Annotated[str | None, typer.Option(help="Check this company instead: is it fit to go live?")] = None,
) -> None:
    """Check settings, database, broker and connections; the exit status is 1 if something is wrong."""
    if company is not None:
        with running_program() as program:
            raise typer.Exit(FAILED if show_readiness(program, company).red else 0)
    findings = doctor_checks.examine(load_settings())
    table = Table("", "what", "found")
    for finding in findings:
        table.add_row("[green]ok[/green]" if finding.is_well else "[red]wrong[/red]", finding.what, finding.found)
    Console().print(table)
    raise typer.Exit(0 if all(finding.is_well for finding in findings) else FAILED)


@app.command()
def preview(
    file: Annotated[Path, typer.Argument(help="A webhook body or a GraphQL answer; - reads standard input")],
    *,
    company: Annotated[str | None, typer.Option(help="By the rules of this company; else by the default rules")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs")] = False,
) -> None:
    """Show what a file is, and what would stand in Fortnox for its orders. Nothing is sent or stored."""
    content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    shown = preview_order(content, _rules_of(company) if company else TenantRules(), pasted)
    if as_json:
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        for line in lines_of(shown):
            typer.echo(line)
    orders = shown.get("orders", [shown])
    raise typer.Exit(FAILED if any(order["outcome"] == "stopped" for order in orders) else 0)


def _rules_of(company: str) -> TenantRules:
    with running_program() as program, program.store.read() as session:
        return load_rules(session, existing_tenant(session, company))


@app.command()
def replay(
    order: Annotated[list[str] | None, typer.Argument(help="Order names (#1001); none with --stopped or --all")] = None,
    *,
    stopped: Annotated[bool, typer.Option(help="Every stopped order")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Every order")] = False,
    company: Annotated[str | None, typer.Option(help="Whose; needed where there are several companies")] = None,
) -> None:
    """Look at orders again: their newest state is read and whatever is missing in Fortnox is made. Never twice."""
    if not (order or stopped or everything):
        typer.echo("Say which orders: their names, --stopped or --all.", err=True)
        raise typer.Exit(2)
    program = start_program()
    with program.store.write() as session:
        tenant_id = only_tenant(session, company)
        statement = select(Job.id).outerjoin(Snapshot, Snapshot.order_id == Job.order_id)
        statement = statement.where(Job.kind == JobKind.ORDER, Job.tenant_id == tenant_id)
        if stopped:
            statement = statement.where(Job.state == "stopped")
        elif not everything:
            statement = statement.where(Snapshot.name.in_(order or []))
        woken = jobs.wake(session, list(session.scalars(statement)))
    program.notifier.notify()
    program.close()
    typer.echo(f"{woken} orders are due; the service works on them.")


def sandbox(
    *,
    fortnox_port: Annotated[int, typer.Option(help="Port of the sandbox Fortnox")] = 9100,
    shopify_port: Annotated[int, typer.Option(help="Port of the sandbox Shopify")] = 9200,
    qliro_port: Annotated[int, typer.Option(help="Port of the sandbox Qliro")] = 9300,
) -> None:
    """Start the sandbox Fortnox, Shopify and Qliro alone, and print the settings that point the service at them."""
    from sandbox.servers import serve_all  # noqa: PLC0415 - production never loads the emulators

    serve_all(fortnox_port, shopify_port, qliro_port)


def demo(
    *,
    once: Annotated[bool, typer.Option(help="Exit after the table")] = False,
    scenario: Annotated[str, typer.Option(help="hello or shop_month")] = "shop_month",
    port: Annotated[int, typer.Option(help="Port of the web pages; 0 picks a free one")] = 8000,
) -> None:
    """Play a small shop's month from webhook to ledger and check every number."""
    from sandbox.demo.run import run_demo  # noqa: PLC0415 - production never loads the emulators

    settings = load_settings()
    wanted_port = 0 if once else port
    raise typer.Exit(
        run_demo(scenario=scenario, once=once, port=wanted_port, data_dir=settings.data_dir, database_url=None)
    )


# The emulators are part of the repository, never of an installation: there the two commands do not exist.
if find_spec("sandbox"):
    app.command()(sandbox)
    app.command()(demo)


def main() -> None:
    """Entry point."""
    app(prog_name="bokbro")


if __name__ == "__main__":
    main()
