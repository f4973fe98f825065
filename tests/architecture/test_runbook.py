"""Every event that asks for attention in the log has its line in the runbook."""

from __future__ import annotations

import ast

from tests.architecture.sources import ROOT, sources

LEVELS = {"warning", "error", "exception"}
CHOSEN = {"database_away", "database_disk_full", "embedded_database_not_started"}
"""Events whose name stands in a variable."""


def events() -> set[str]:
    found = set(CHOSEN)
    for source in sources("app", "workers"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LEVELS:
                said = node.args[0] if node.args else None
                if isinstance(said, ast.Constant) and isinstance(said.value, str):
                    found.add(said.value)
    return found


def test_runbook_has_a_line_for_every_event() -> None:
    runbook = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    assert {event for event in events() if f"`{event}`" not in runbook} == set()
