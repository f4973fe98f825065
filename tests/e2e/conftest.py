"""A Redis for the scaled mode: the one at TEST_REDIS_URL, or a throw-away one, or a loud skip."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing

import pytest
import redis

from tests.support.contract.shopify_stage import eventually
from tests.support.serving import free_port


def _answers(url: str) -> bool:
    with closing(redis.Redis.from_url(url, socket_connect_timeout=1)) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    given = os.environ.get("TEST_REDIS_URL")
    program = shutil.which("redis-server")
    if given and _answers(given):
        yield given
        return
    if program is None:
        pytest.skip(f"NOT TESTED: the scaled mode. No Redis at TEST_REDIS_URL ({given}), no redis-server on the PATH")
    with tempfile.TemporaryDirectory(prefix="bokbro-test-redis-") as directory:
        port = free_port()
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", directory]
        server = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
        try:
            eventually(lambda: _answers(f"redis://127.0.0.1:{port}/0"))
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.terminate()
            server.wait()
