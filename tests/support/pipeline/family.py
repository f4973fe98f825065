"""Several processes that begin at the same moment."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from app.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
_PLAIN = ("environment", "database_url", "broker_url", "fortnox_auth_url", "fortnox_api_url", "fortnox_calls",
          "fortnox_window_seconds", "shopify_url_template", "grace_seconds")  # fmt: skip


def as_json(settings: Settings) -> dict[str, Any]:
    """Settings as a child process is given them."""
    plain = {name: getattr(settings, name) for name in _PLAIN}
    keys = [key.get_secret_value() for key in settings.secret_keys]
    return plain | {"secret_keys": keys, "_env_file": None}


def in_processes(count: int, what: str, order: dict[str, Any]) -> list[Any]:
    """Run `tests.support.pipeline.child` so many times; all begin together; what each answered."""
    command = [sys.executable, "-m", "tests.support.pipeline.child", what, json.dumps(order)]
    children = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _child in range(count)
    ]
    try:
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        answers = []
        for child in children:
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        for child in children:
            out, _err = child.communicate(timeout=120)
            answers.append(json.loads(out))
        return answers
    finally:
        for child in children:
            if child.poll() is None:
                child.kill()
            child.communicate()
