"""One database with a clock of ours, and emulators on the same clock, for all weeks of a worker."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Protocol

import pytest
from sqlalchemy import update

from app.jobs.notifier import SilentNotifier
from app.schema import Tenant
from app.wiring import build
from sandbox.fortnox.app import create_app as create_fortnox
from sandbox.fortnox.clock import Clock as FortnoxClock
from sandbox.fortnox.config import SandboxConfig
from sandbox.kit.serving import ServerThread
from sandbox.shopify.app import create_app as create_shopify
from sandbox.shopify.emulator import Config
from tests.support.databases import Database
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.emulators import Emulators, settings_for
from tests.weeks.mutants import Mutant
from tests.weeks.scheduler import Clock, Scheduler
from tests.weeks.stage import Stage, seams
from tests.weeks.virtual_database import VirtualDatabase
from tests.weeks.week import MONDAYS, SETTLE, Week


class Play(Protocol):
    """Plays the week of a seed, of a product with a protection broken if a mutant is given."""

    def __call__(self, seed: int, mutant: Mutant | None = None) -> Week: ...


class Moment:
    """The clock of the week that is being played."""

    clock = Clock(MONDAYS[0])

    def now(self) -> datetime:
        return self.clock.at


@pytest.fixture(scope="session")
def moment() -> Moment:
    return Moment()


@pytest.fixture(scope="session")
def weeks_database(server_url: str) -> Iterator[tuple[Database, VirtualDatabase]]:
    database = Database(server_url)
    virtual = VirtualDatabase(database.empty())
    database.as_it_is()
    yield database, virtual
    virtual.close()
    database.drop()


@pytest.fixture(scope="session")
def weeks_emulators(moment: Moment) -> Iterator[Emulators]:
    unlimited = SandboxConfig(rate_limit_calls=1_000_000)
    fortnox_app, shopify_app = create_fortnox(unlimited), create_shopify(Config(clock=moment.now))
    with ServerThread(fortnox_app) as fortnox, ServerThread(shopify_app) as shopify:
        yield Emulators(fortnox, shopify)


@pytest.fixture
def play(weeks_database: tuple[Database, VirtualDatabase], weeks_emulators: Emulators, moment: Moment) -> Play:
    """Play the week of a seed; what does not hold is raised with the seed and the whole story."""
    database, virtual = weeks_database

    def played(seed: int, mutant: Mutant | None = None) -> Week:
        clock = Clock(random.Random(seed).choice(MONDAYS))
        moment.clock = clock
        url = database.empty()
        weeks_emulators.empty()
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setattr(FortnoxClock, "now", lambda _self: clock.now())
            weeks_emulators.world.reset()
            settings = settings_for(weeks_emulators, url, grace_seconds=SETTLE, lease_seconds=120, fortnox_calls=25)
            program = build(settings, notifier=SilentNotifier(), store=database.store, utc_now=clock.now)
            bench = Bench(program, weeks_emulators)
            virtual.set_clock(clock.at)
            bench.connect()
            bench.emulators.emulator.put_shop(bench.domain, {"payments": {}})
            with program.store.write() as session:
                trusted = clock.at - timedelta(days=1)
                session.execute(update(Tenant).values(log_trusted_since=trusted))
            chance = random.Random(seed)
            stage = Stage(bench, virtual, clock, Scheduler(chance, clock, virtual.next_due), chance)
            week = Week(stage, seed)
            if mutant is not None:
                mutant(monkeypatch)
            try:
                with seams(stage, monkeypatch):
                    week.play()
            except AssertionError as error:
                raise AssertionError(f"{error}\n{week.story()}") from error
            finally:
                program.client.close()
        return week

    return played
