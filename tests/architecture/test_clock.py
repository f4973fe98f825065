"""One clock: what the machine takes for the time is read in one place, to be compared with the database's."""

from __future__ import annotations

import ast

from tests.architecture.sources import sources

READS_THE_MACHINE = frozenset(
    {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns", "func.now"}
)
KNOWN: dict[tuple[str, str], str] = {
    ("app/kit/db/clock.py", "datetime.now"): "the one place, to say how far it is off",
    ("app/payouts/imports/folder.py", "time.time"): "compared with the times of files on the same machine",
    ("app/connections/push_addresses.py", "func.now"): "the database's own",
    ("app/schema/base.py", "func.now"): "the database's own",
    ("app/schema/tenants.py", "func.now"): "the database's own",
}


def test_no_process_believes_its_own_clock() -> None:
    found = {
        (source.path, ast.unparse(node.func))
        for source in sources("app", "workers")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if ast.unparse(node.func) in READS_THE_MACHINE
    }
    assert found == set(KNOWN)
