"""`bokbro demo`: set the stage, connect, play, print the table, stay up."""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.logs import configure_logs
from app.settings import Settings
from sandbox.demo.company_report import Line
from sandbox.demo.connecting import connect
from sandbox.demo.playing import play
from sandbox.demo.report import Report, calls_per_order, report
from sandbox.demo.stage import PASSWORD, Stage, set_up
from sandbox.fortnox.app import WATCH_VARIABLE
from sandbox.scenarios.loading import load

_PACE = 12.0
"""Events a second: a month in some seconds, so that Fortnox's limit, not the shop, is what one waits for."""


def run_demo(*, scenario: str, once: bool, port: int, data_dir: Path, database_url: str | None) -> int:
    """Run the demo; returns the exit status: 0 only if every number is what the scenario promises."""
    console = Console()
    configure_logs(Settings(_env_file=None), level=logging.ERROR)
    loaded = load(scenario)
    console.print(f"[bold]Bokbro[/bold]: {loaded.title}. Starting PostgreSQL, three sandboxes and the service …")
    with set_up(loaded, data_dir / "demo", port=port, database_url=database_url) as stage:
        push_address = connect(stage)
        console.print(f"Connected [bold]{loaded.company.name}[/bold] and {loaded.shop.domain} through their own pages.")
        if loaded.qliro:
            console.print(f"Connected [bold]{loaded.qliro.company.name}[/bold] and its account at Qliro.")
        _play(console, stage, push_address)
        result = report(stage)
        _print(console, stage, result)
        was_described = _print_watch(console)
        if not once:
            _stay(console, stage)
    return 0 if result.is_right and was_described else 1


def _play(console: Console, stage: Stage, push_address: str) -> None:
    columns = (
        SpinnerColumn(), TextColumn("orders at rest"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("orders", total=sum(len(company.orders) for company in stage.companies))

        def told(done: int, of: int) -> None:
            progress.update(task, completed=done, total=of)

        play(stage, pace=_PACE, told=told, push_address=push_address)


def _print(console: Console, stage: Stage, result: Report) -> None:
    table = Table(title=stage.scenario.title, show_lines=False)
    table.add_column("")
    table.add_column("found", justify="right")
    table.add_column("promised", justify="right")
    for section in result.sections:
        table.add_row(f"[bold]{section.title}[/bold]", "", "")
        for line in (*section.lines, *section.findings):
            table.add_row(line.what, _coloured(line), line.expected)
        table.add_section()
    table.add_row(result.limited.what, _coloured(result.limited), result.limited.expected)
    table.add_row("Fortnox calls per booked order, registers included", str(calls_per_order(stage)), "")
    console.print(table)
    for wrong in result.wrong_orders:
        console.print(f"[red]{wrong}[/red]")
    verdict = "[green]Every number is right.[/green]" if result.is_right else "[red]Something is not right.[/red]"
    console.print(verdict)


def _print_watch(console: Console) -> bool:
    """Say how all calls to Fortnox stood against its official description, where the environment names one."""
    if not os.environ.get(WATCH_VARIABLE):
        return True
    # Needs packages that only developers have.
    from sandbox.fidelity.watching import watch_of  # noqa: PLC0415

    watch = watch_of(os.environ[WATCH_VARIABLE])
    for line in watch.details():
        if not line.startswith("tolerated"):
            console.print(line, style="red", markup=False)
    console.print(watch.summary(), soft_wrap=True)
    return watch.is_clean


def _coloured(line: Line) -> str:
    return f"[green]{line.found}[/green]" if line.is_right else f"[red]{line.found}[/red]"


def _stay(console: Console, stage: Stage) -> None:
    console.print(f"\nOpen [bold]{stage.service.url}[/bold]  sign in with the password {PASSWORD} as")
    for company in stage.companies:
        console.print(f"  {company.email} ({company.name})")
    servers = f"Fortnox is at {stage.fortnox.url}, Shopify at {stage.shopify.url}, Qliro at {stage.qliro.url}"
    console.print(f"The sandbox {servers}. Ctrl-C ends it all.", soft_wrap=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        console.print("Ending.")
