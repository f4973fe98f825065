"""Who may import whom (design.md 2). A new arrow is a decision: change the table, and say why in a decision record."""

import ast
import sys
from collections.abc import Iterator

import pytest

from tests.architecture.sources import Import, Source, imports, is_in, sources

# What each part may import of ours: itself always, and these packages.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "app.domain": ("app.catalogue",),
    "app.catalogue": (),
    "app.http": (),
    "app.store": ("app.domain.money",),
    "app.sources": ("app.domain", "app.catalogue", "app.http"),
    "app.books": ("app.domain", "app.catalogue", "app.http"),
    "app.security": ("app.store", "app.settings"),
    "app.sync": (
        "app.domain",
        "app.catalogue",
        "app.store",
        "app.sources",
        "app.books",
        "app.http",
        "app.security.sealing",
    ),
    "app.connect": ("app.http", "app.security", "app.store", "app.catalogue", "app.settings"),
    "app.web": (
        "app.sync",
        "app.security",
        "app.connect",
        "app.store.engine",
        "app.store.outage",
        "app.store.tables",
        "app.domain",
        "app.catalogue",
        "app.settings",
    ),
    "app.settings": (),
    "app.logs": ("app.settings",),
    "app.doctor": ("app.settings", "app.store"),
    "workers": ("app.wiring", "app.settings"),
    "migrations": ("app.store",),
    "sandbox.kit": (),
    "sandbox.fortnox": ("sandbox.kit",),
    "sandbox.shopify": ("sandbox.kit",),
    "sandbox.qliro": ("sandbox.kit",),
    "sandbox.fidelity": ("sandbox.fortnox", "sandbox.kit"),
    "sandbox.scenarios": ("sandbox.shopify", "sandbox.qliro", "sandbox.fortnox"),
}
# The composition root and the two ways in know everything but each other's insides.
ROOTS = (
    "app.wiring",
    "app.main",
    "app.cli",
    "sandbox.demo",
    "sandbox.cases",
    "sandbox.payout_cases",
    "sandbox.stories",
    "sandbox.servers",
    "app",
    "sandbox",
)

# What each part may import of others', where that is limited at all.
LIBRARIES: dict[str, frozenset[str]] = {
    "app.domain": frozenset({"stdnum"}),  # pure: forms and check digits, no look-ups (decision 0019)
    "app.catalogue": frozenset({"yaml"}),
    "app.http": frozenset({"httpx2", "simplejson"}),
    "app.sources": frozenset({"defusedxml", "openpyxl", "orjson"}),
    "app.books": frozenset({"babel", "pydantic", "simplejson", "websockets"}),  # babel: names of countries
    "app.sync": frozenset({"sqlalchemy", "pydantic", "structlog"}),
}

# Arrows against the table, each with its reason.
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("sandbox/fortnox/app.py", "sandbox.fidelity.watching"): "the emulator lets its traffic be watched when asked",
    ("sandbox/shopify/control.py", "sandbox.scenarios.words"): "the emulator plays a scenario when asked",
    ("sandbox/shopify/playing.py", "sandbox.scenarios.loading"): "the emulator plays a scenario when asked",
    ("sandbox/shopify/playing.py", "sandbox.scenarios.scenario"): "the emulator plays a scenario when asked",
    (
        "app/connect/qliro.py",
        "app.sources.base",
    ): "credentials are tried by the very call that they are for",
    ("app/connect/qliro.py", "app.sources.qliro.calls"): "the same",
    ("app/connect/qliro.py", "app.sources.qliro.client"): "the same",
    ("app/connect/shopify.py", "app.sources.shopify.scopes"): "what is asked for is what the readers need, told once",
    ("app/connect/shopify_api.py", "app.sources.shopify.scopes"): "a refusal names a scope in one way",
    ("app/web/qliro_door.py", "app.sources.qliro.pushes"): "the endpoint must read which order a push is about",
    ("app/web/webhooks.py", "app.sources.shopify.verify"): (
        "the endpoint must check the signature over the raw bytes before anything is stored"
    ),
}


def part_of(module: str) -> str | None:
    """The most specific part of the table a module belongs to."""
    known = [part for part in (*MAY_IMPORT, *ROOTS) if is_in(module, part)]
    return max(known, key=len, default=None)


def module_of(found: Import) -> str:
    return found.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def is_ours(module: str) -> bool:
    return module.split(".", maxsplit=1)[0] in {"app", "workers", "sandbox", "migrations"}


def arrows() -> Iterator[tuple[str, Import]]:
    for found in imports():
        part = part_of(module_of(found))
        assert part, f"{found.path} belongs to no part of the table"
        yield part, found


def test_every_import_of_ours_is_in_the_table() -> None:
    forbidden = [
        str(found)
        for part, found in arrows()
        if is_ours(found.module) and part not in ROOTS
        if not any(is_in(found.module, allowed) for allowed in (part, *MAY_IMPORT[part]))
        if (found.path, found.module) not in EXCEPTIONS
    ]
    assert forbidden == []


def test_every_exception_is_still_needed() -> None:
    present = {(found.path, found.module) for found in imports()}
    assert set(EXCEPTIONS) <= present


def test_pure_parts_use_only_the_libraries_they_may() -> None:
    forbidden = [
        str(found)
        for part, found in arrows()
        if part in LIBRARIES and not is_ours(found.module)
        if found.module.split(".")[0] not in sys.stdlib_module_names | LIBRARIES[part]
    ]
    assert forbidden == []


def test_domain_asks_nothing_of_the_world() -> None:
    world = {"os", "socket", "subprocess", "pathlib", "time", "random", "secrets", "logging", "threading", "io", "uuid"}
    asked = [str(found) for part, found in arrows() if part == "app.domain" and found.module.split(".")[0] in world]
    assert asked == []


def test_nobody_imports_the_ways_in_but_the_ways_in_and_the_demo() -> None:
    forbidden = [
        str(found)
        for found in imports()
        if any(is_in(found.module, way) for way in ("app.main", "app.cli"))
        if not any(is_in(module_of(found), friend) for friend in ("app.main", "app.cli", "sandbox.demo"))
    ]
    assert forbidden == []


def test_only_the_roots_know_the_wiring() -> None:
    friends = ("app.main", "app.cli", "workers", "sandbox.demo", "sandbox.stories")
    forbidden = [
        str(found)
        for found in imports()
        if is_in(found.module, "app.wiring") and not any(is_in(module_of(found), friend) for friend in friends)
    ]
    assert forbidden == []


def test_production_loads_the_emulators_only_when_the_command_line_asks() -> None:
    loaded = [
        str(found)
        for found in imports()
        if is_in(found.module, "sandbox") and not is_in(module_of(found), "sandbox")
        if not (found.path == "app/cli/commands.py" and found.is_local)
    ]
    assert loaded == []


PLAYING_THE_PRODUCT = ("sandbox.demo", "sandbox.cases", "sandbox.stories", "sandbox.payout_cases")


def test_emulators_know_nothing_of_the_product() -> None:
    knowing = [
        str(found)
        for found in imports()
        if is_in(found.module, "app") and is_in(module_of(found), "sandbox")
        if not any(is_in(module_of(found), root) for root in PLAYING_THE_PRODUCT)
    ]
    assert knowing == []


def called(source: Source) -> Iterator[tuple[int, str]]:
    """Every call by its written name: datetime.now, float."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield node.lineno, ast.unparse(node.func)


def test_domain_never_looks_at_the_clock() -> None:
    clocks = ("now", "today", "utcnow", "time", "monotonic", "perf_counter")
    looked = [
        f"{source.path}:{number} {name}()"
        for source in sources("app/domain")
        for number, name in called(source)
        if name.split(".")[-1] in clocks and "." in name
    ]
    assert looked == []


def test_domain_never_makes_a_float() -> None:
    floats = [
        f"{source.path}:{number}"
        for source in sources("app/domain")
        for number, name in called(source)
        if name == "float"
    ]
    literals = [
        f"{source.path}:{node.lineno}"
        for source in sources("app/domain")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, float)
    ]
    assert floats + literals == []


MOST_LINES = 450
"""300 is the guideline for people; a file beyond this asks whether two ideas share it."""


def test_no_file_is_long() -> None:
    lengths = {source.path: source.text.count("\n") for source in sources("app", "workers", "sandbox")}
    assert not {path: lines for path, lines in lengths.items() if lines > MOST_LINES}


@pytest.mark.parametrize(("module", "part"), [("app.store.tables.work", "app.store"), ("app.wiring", "app.wiring")])
def test_part_of_a_module_is_the_most_specific(module: str, part: str) -> None:
    assert part_of(module) == part
    assert part_of("tests.builders") is None
