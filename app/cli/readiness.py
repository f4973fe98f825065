"""`bokbro doctor --company`: the readiness check of one company, as a table."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from app.catalogue import lookup
from app.cli.starting import existing_tenant
from app.master_data.settings_check import SettingsCheck
from app.readiness.readiness import ReadinessCheck
from app.readiness.rows import Readiness, Status
from app.wiring import Program

_COLOUR = {Status.RED: "red", Status.AMBER: "yellow", Status.GREEN: "green", Status.UNKNOWN: "dim"}


def show_readiness(program: Program, company: str) -> Readiness:
    """Check a company and print every row with what is wrong and its remedy."""
    with program.store.read() as session:
        tenant_id = existing_tenant(session, company)
    settings = SettingsCheck(program.store, program.register, program.now)
    check = ReadinessCheck(program.store, program.register, settings, program.granting, program.now).of(tenant_id)
    table = Table("", "what", "found")
    for row in check.rows:
        said = [
            f"{finding.code}: {lookup(finding.code).text('en', finding.data)} "
            f"{lookup(finding.code).remedy('en', finding.data)}"
            for finding in row.findings
        ]
        colour = _COLOUR[row.status]
        table.add_row(f"[{colour}]{row.status}[/{colour}]", row.key, "\n".join(said) or (str(row.count or "")))
    Console().print(table)
    return check
