"""The emulators are served once; each test gets a fresh database, a program and a connected tenant."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.jobs.notifier import SilentNotifier
from app.payouts.imports.payout_files import PayoutFiles
from app.wiring import build
from sandbox.fortnox.app import create_app as create_fortnox
from sandbox.fortnox.config import SandboxConfig
from sandbox.kit.serving import ServerThread
from sandbox.qliro.app import create_app as create_qliro
from sandbox.shopify.app import create_app as create_shopify
from sandbox.shopify.emulator import Config
from tests.support.databases import Database
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.emulators import Emulators, settings_for
from tests.support.pipeline.endpoint import Endpoint, open_endpoint
from tests.support.pipeline.payout_files import MAP
from tests.support.pipeline.person import Person, at_the_pages
from tests.support.pipeline.qliro import Qliro, emptied
from tests.support.pipeline.qliro_shop import QliroShop
from tests.support.pipeline.registers import KeptRegisters


@pytest.fixture(scope="session")
def served() -> Iterator[Emulators]:
    """Without a rate limit: the tests that are about it serve their own."""
    unlimited = SandboxConfig(rate_limit_calls=100_000)
    with ServerThread(create_fortnox(unlimited)) as fortnox, ServerThread(create_shopify(Config())) as shopify:
        yield Emulators(fortnox, shopify)


@pytest.fixture
def emulators(served: Emulators) -> Emulators:
    """Both outside systems, empty."""
    served.empty()
    return served


@pytest.fixture(scope="session")
def kept_registers() -> KeptRegisters:
    """What the first test read of its company."""
    return KeptRegisters()


@pytest.fixture
def bench(
    emulators: Emulators, database: Database, database_url: str, kept_registers: KeptRegisters
) -> Iterator[Bench]:
    """A connected tenant whose registers are known."""
    settings = settings_for(emulators, database_url)
    program = build(settings, notifier=SilentNotifier(), store=database.store)
    bench = Bench(program, emulators)
    bench.connect()
    kept_registers.know(bench)
    yield bench
    program.close()


@pytest.fixture
def endpoint(bench: Bench) -> Iterator[Endpoint]:
    """The webhook endpoint of that tenant's service, over HTTP."""
    with open_endpoint(bench) as opened:
        yield opened


@pytest.fixture
def person(bench: Bench) -> Iterator[Person]:
    """A bookkeeper at that tenant's pages, over HTTP."""
    with at_the_pages(bench) as person:
        yield person


@pytest.fixture(scope="session")
def qliros_server() -> Iterator[ServerThread]:
    """Qliro's emulator, served once."""
    with ServerThread(create_qliro()) as server:
        yield server


@pytest.fixture
def qliro(bench: Bench, qliros_server: ServerThread) -> Qliro:
    """A merchant account at Qliro whose fees show 25 % VAT, connected."""
    emptied(qliros_server)
    account = Qliro(bench, qliros_server)
    bench.qliro_url = qliros_server.url
    account.connect(fee_vat_rate="25")
    return account


@pytest.fixture
def qliro_shop(qliro: Qliro) -> QliroShop:
    """A merchant whose Qliro orders come from Qliro."""
    shop = QliroShop(qliro)
    shop.choose("qliro")
    return shop


@pytest.fixture
def files(bench: Bench) -> PayoutFiles:
    """The company's payout files, with a saved column map."""
    files = bench.program.payout_files
    files.save_map(bench.tenant_id, MAP, by="maja@example.se")
    return files
