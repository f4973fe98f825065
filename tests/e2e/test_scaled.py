"""The scaled mode as docs/scaled.md starts it: API, Celery worker and beat as processes, Redis between them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import httpx2
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from app.jobs.notifier import SilentNotifier
from app.settings import Settings
from app.wiring import build
from sandbox.demo.connecting import connect
from sandbox.demo.playing import play
from sandbox.demo.report import report
from sandbox.demo.stage import Stage, emulators, found_companies
from sandbox.kit.serving import ServerThread
from sandbox.scenarios.loading import load
from tests.support.contract.shopify_stage import eventually
from tests.support.serving import free_port

ROOT = Path(__file__).resolve().parents[2]
KEY = "a-key-of-at-least-32-characters-for-this-test"
WORKER = ("celery", "-A", "workers.app", "worker", "--pool", "threads", "--concurrency", "4", "--loglevel", "WARNING")


@contextmanager
def running(environment: dict[str, str], *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m …` as a process of its own, ended with the block."""
    process = subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environment(settings: Settings, port: int) -> dict[str, str]:
    """The settings as an operator gives them."""
    services = ("fortnox_auth_url", "fortnox_api_url", "shopify_url_template", "qliro_live_url")
    names = ("database_url", "broker_url", "base_url", *services)
    given = {name.upper(): str(getattr(settings, name)) for name in names}
    own = {"ENVIRONMENT": "test", "PORT": str(port), "SECRET_KEYS": json.dumps([KEY]), "GRACE_SECONDS": "1"}
    return {**os.environ, **given, **own}


def _answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/sign-in").status_code == 200
    except httpx2.HTTPError:
        return False


@pytest.mark.redis
@pytest.mark.timeout(180)
def test_a_shop_is_played_through_a_fleet_whose_worker_is_killed(
    redis_url: str, database_url: str, tmp_path: Path
) -> None:
    scenario, port = load("hello"), free_port()
    with ExitStack() as stack:
        fortnox, shopify, qliro = (stack.enter_context(ServerThread(app)) for app in emulators(scenario))
        settings = Settings(
            _env_file=None, environment="test", base_url=f"http://127.0.0.1:{port}", database_url=database_url,
            broker_url=redis_url, secret_keys=[SecretStr(KEY)], fortnox_auth_url=f"{fortnox.url}/oauth-v1",
            fortnox_api_url=fortnox.url, shopify_url_template=f"{shopify.url}/{{shop}}", qliro_live_url=qliro.url,
        )  # fmt: skip
        program = build(settings, notifier=SilentNotifier())
        stack.callback(program.close)
        environment = _environment(settings, port)
        stack.enter_context(running(environment, "app.cli", "serve"))
        stack.enter_context(running(environment, "celery", "-A", "workers.beat", "beat", "-s", str(tmp_path / "beat")))
        worker = stack.enter_context(running(environment, *WORKER))
        eventually(lambda: _answers(settings.base_url), seconds=60)
        service = cast("ServerThread", SimpleNamespace(url=settings.base_url))
        stage = Stage(scenario, program, fortnox, shopify, qliro, service, found_companies(program, scenario))
        push_address = connect(stage)
        killed: list[int] = []
        killed_at: list[float] = []
        followers: list[subprocess.Popen[bytes]] = []

        def kill_once(at_rest: int, _of: int) -> None:
            if at_rest >= 1 and not killed:
                worker.kill()
                killed.append(worker.wait())
                killed_at.append(time.monotonic())
                followers.append(stack.enter_context(running(environment, *WORKER)))

        play(stage, pace=5, told=kill_once, push_address=push_address)
        found = report(stage)
        assert killed == [-9]
        assert time.monotonic() - killed_at[0] < settings.lease_seconds, "nobody waited for the dead one's leases"
        assert found.wrong_orders == []
        assert [line for line in found.lines if not line.is_right] == []
        followers[0].terminate()
        assert followers[0].wait(15) == 0
        with program.store.read() as session:
            assert session.scalars(text("select count(*) from worker")).one() == 1, "the killed one's, for an hour"
            assert session.scalars(text("select count(*) from job where lease_token is not null")).one() == 0
