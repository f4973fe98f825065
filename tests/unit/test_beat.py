"""The clock of a fleet is a small process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from workers.celery_app import make_celery

ROOT = Path(__file__).resolve().parents[2]
_STARTED = """
import json, sys
from workers.beat import app
app.loader.init_worker()  # as `celery beat` does before it starts
app.finalize()
print(json.dumps([sorted(app.conf.beat_schedule), sorted(sys.modules)]))
"""


def test_clock_imports_neither_the_program_nor_the_tables() -> None:
    environment = {**os.environ, "BROKER_URL": "redis://127.0.0.1:1/0"}
    ran = subprocess.run(
        [sys.executable, "-c", _STARTED], cwd=ROOT, env=environment, capture_output=True, check=True, text=True
    )
    schedule, modules = json.loads(ran.stdout)
    assert set(schedule) == set(make_celery("memory://", sweep_seconds=1).conf.beat_schedule)
    program = {name for name in modules if name.split(".")[0] in {"sqlalchemy", "fastapi", "httpx2"}}
    assert program == set()
    assert [name for name in modules if name.startswith("app.")] == ["app.settings"]
    assert "workers.tasks" not in modules
