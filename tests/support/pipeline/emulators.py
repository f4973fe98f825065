"""Both outside systems as the pipeline's tests use them, settings that lead there, and threads that start together."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from app.settings import Settings
from sandbox.fortnox.oauth.tokens import Grant
from sandbox.fortnox.world import World
from sandbox.kit.control import Kit
from sandbox.kit.serving import ServerThread
from sandbox.shopify.emulator import Emulator


@dataclass(frozen=True)
class Emulators:
    """Both outside systems, served once for the whole run and emptied before each test."""

    fortnox: ServerThread
    shopify: ServerThread

    @property
    def world(self) -> World:
        world: World = self.fortnox.app.state.world
        return world

    @property
    def kit(self) -> Kit:
        kit: Kit = self.fortnox.app.state.kit
        return kit

    @property
    def emulator(self) -> Emulator:
        emulator: Emulator = self.shopify.app.state.emulator
        return emulator

    def empty(self) -> None:
        for server in (self.fortnox, self.shopify):
            server.app.state.kit.faults.clear()
            server.app.state.kit.calls.clear()
        self.world.reset()
        self.emulator.reset()


def settings_for(emulators: Emulators, database_url: str, **changes: Any) -> Settings:
    """Settings on these emulators. Not embedded, so that no worker starts by itself; the broker is never rung."""
    values: dict[str, Any] = {
        "_env_file": None,
        "environment": "test",
        "database_url": database_url,
        "broker_url": "redis://127.0.0.1:1/0",
        "secret_keys": [SecretStr("pipeline-tests-only-key-of-32-letters")],
        "fortnox_auth_url": f"{emulators.fortnox.url}/oauth-v1",
        "fortnox_api_url": emulators.fortnox.url,
        "fortnox_calls": 2000,
        "shopify_url_template": f"{emulators.shopify.url}/{{shop}}",
        "grace_seconds": 0.2,
        "vies_url": "",
    }
    return Settings(**(values | changes))


def fortnox_tokens(world: World, company: int, *, service: bool) -> dict[str, Any]:
    """Tokens as after a consent."""
    with world.lock:
        books = world.companies[company]
        scopes = tuple(world.config.clients[0].scopes)
        grant = world.tokens.renewed(Grant("bokbro-demo", company, scopes, books.config.user.id, service=service))
        if service:
            world.tokens.consents[grant.client_id, grant.tenant] = grant
        return world.tokens.issue(grant, with_refresh=True)


def together(*works: Any) -> list[Any]:
    """Run functions in threads that start at the same moment; their results, in order. An error of one is raised."""
    gate = threading.Barrier(len(works))
    results: list[Any] = [None] * len(works)
    errors: list[BaseException] = []

    def run(place: int, work: Any) -> None:
        gate.wait()
        try:
            results[place] = work()
        except BaseException as error:  # noqa: BLE001 - raised again below, in the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results
