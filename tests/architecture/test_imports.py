"""Who may import whom: one order of packages, from what knows nothing to what knows everything (docs/architecture.md).

A package imports itself and packages before it. A new arrow against the order is a decision: move the code instead,
or say in a decision record why the order changes.
"""

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.sources import Import, Source, imports, is_in, sources

ORDER = (
    "app.kit",
    "app.settings",
    "app.logs",
    "app.catalogue",
    "app.schema",
    "app.model",
    "app.jobs",
    "app.tenants",
    "app.vat",
    "app.posting",
    "app.findings",
    "app.invoicing",
    "app.ledgers",
    "app.shops",
    "app.adjustments",
    "app.payments",
    "app.master_data",
    "app.execution",
    "app.orders",
    "app.periods",
    "app.connections",
    "app.payouts",
    "app.reconciliation",
    "app.readiness",
    "app.dispatch",
    "app.web",
)
"""The product, each package after all that it may import."""
OTHERS: dict[str, tuple[str, ...]] = {
    "app.doctor": ("app.settings", "app.kit", "app.schema", "app.payouts.imports.file_space"),
    "workers": ("app.wiring", "app.settings", "app.kit", "app.jobs"),
    "migrations": ("app.schema", "app.kit.db"),
    "sandbox.kit": (),
    "sandbox.fortnox": ("sandbox.kit",),
    "sandbox.shopify": ("sandbox.kit",),
    "sandbox.qliro": ("sandbox.kit",),
    "sandbox.fidelity": ("sandbox.fortnox", "sandbox.kit"),
    "sandbox.scenarios": ("sandbox.shopify", "sandbox.qliro", "sandbox.fortnox"),
}
"""What stands beside the order, with all that it may import of ours."""
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
"""The composition root and the ways in know everything but each other's insides."""
MAY_IMPORT = {part: ORDER[:place] for place, part in enumerate(ORDER)} | OTHERS

PURE = (
    "app.kit.money",
    "app.model",
    "app.vat",
    "app.posting",
    "app.invoicing",
    "app.adjustments",
    "app.payments",
    "app.orders.planning",
    "app.payouts.planning",
    "app.payouts.fx.exchange",
    "app.payouts.fx.held_balance",
    "app.payouts.fx.carrying_amounts",
    "app.tenants.rules",
    "app.tenants.account_roles",
    "app.tenants.fee_vat",
    "app.ledgers.areas",
    "app.ledgers.booked_year",
    "app.master_data.chart",
    "app.master_data.facts",
    "app.execution.outstanding",
    "app.execution.preflight",
    "app.periods.cut_off",
    "app.periods.oss_return",
    "app.reconciliation.duplicates",
)
"""Frozen values in, frozen values out: no clock, no I/O, no framework, no float. They import only each other."""
PURE_LIBRARIES = frozenset({"stdnum"})
"""Forms and check digits, no look-ups (decision 0019)."""

LIBRARIES: dict[str, frozenset[str]] = {
    "app.catalogue": frozenset({"yaml"}),
    "app.kit.http": frozenset({"httpx2", "simplejson"}),
    "app.shops": frozenset({"orjson"}),
    "app.payouts.files": frozenset({"defusedxml", "openpyxl", "orjson"}),
    "app.ledgers": frozenset({"babel", "pydantic", "simplejson", "websockets"}),  # babel: names of countries
}
"""What a package may import of others' libraries, where that is limited at all."""

EXCEPTIONS: dict[tuple[str, str], str] = {
    ("sandbox/fortnox/app.py", "sandbox.fidelity.watching"): "the emulator lets its traffic be watched when asked",
    ("sandbox/shopify/control.py", "sandbox.scenarios.words"): "the emulator plays a scenario when asked",
    ("sandbox/shopify/playing.py", "sandbox.scenarios.loading"): "the emulator plays a scenario when asked",
    ("sandbox/shopify/playing.py", "sandbox.scenarios.scenario"): "the emulator plays a scenario when asked",
}
"""Arrows against the order, each with its reason."""


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


def is_pure(module: str) -> bool:
    return any(is_in(module, part) for part in PURE)


def test_pure_code_imports_only_pure_code() -> None:
    impure = [
        str(found)
        for found in imports()
        if is_pure(module_of(found)) and is_ours(found.module)
        if not is_pure(found.module) and not is_in(found.module, "app.catalogue")
    ]
    assert impure == []


def test_packages_use_only_the_libraries_they_may() -> None:
    forbidden = []
    for found in imports():
        module = module_of(found)
        limits = [libraries for part, libraries in LIBRARIES.items() if is_in(module, part)]
        limits += [PURE_LIBRARIES] if is_pure(module) else []
        if is_ours(found.module) or not limits:
            continue
        if found.module.split(".")[0] not in sys.stdlib_module_names | limits[0]:
            forbidden.append(str(found))
    assert forbidden == []


def test_pure_code_asks_nothing_of_the_world() -> None:
    world = {"os", "socket", "subprocess", "pathlib", "time", "random", "secrets", "logging", "threading", "io", "uuid"}
    asked = [str(found) for found in imports() if is_pure(module_of(found)) and found.module.split(".")[0] in world]
    assert asked == []


def test_every_pure_part_is_there() -> None:
    modules = {source.module for source in sources("app")}
    assert [part for part in PURE if part not in modules] == []


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


def pure_sources() -> list[Source]:
    return [source for source in sources("app") if is_pure(source.module)]


def called(source: Source) -> Iterator[tuple[int, str]]:
    """Every call by its written name: datetime.now, float."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield node.lineno, ast.unparse(node.func)


def test_pure_code_never_looks_at_the_clock() -> None:
    clocks = ("now", "today", "utcnow", "time", "monotonic", "perf_counter")
    looked = [
        f"{source.path}:{number} {name}()"
        for source in pure_sources()
        for number, name in called(source)
        if name.split(".")[-1] in clocks and "." in name
    ]
    assert looked == []


def test_pure_code_never_makes_a_float() -> None:
    floats = [
        f"{source.path}:{number}" for source in pure_sources() for number, name in called(source) if name == "float"
    ]
    literals = [
        f"{source.path}:{node.lineno}"
        for source in pure_sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, float)
    ]
    assert floats + literals == []


MOST_LINES = 600
"""300 is the guideline for people; a file beyond this asks whether two ideas share it."""


def test_no_file_is_long() -> None:
    lengths = {source.path: source.text.count("\n") for source in sources("app", "workers", "sandbox")}
    assert not {path: lines for path, lines in lengths.items() if lines > MOST_LINES}


@pytest.mark.parametrize(("module", "part"), [("app.schema.jobs", "app.schema"), ("app.wiring", "app.wiring")])
def test_part_of_a_module_is_the_most_specific(module: str, part: str) -> None:
    assert part_of(module) == part
    assert part_of("tests.support.builders") is None


def test_no_test_module_is_imported_by_another() -> None:
    shared = [
        f"{source.path}:{node.lineno} {node.module}"
        for source in sources("tests", "bench")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom)
        if any(part.startswith("test_") for part in str(node.module).split("."))
        or (str(node.module).startswith("tests") and any(name.name.startswith("test_") for name in node.names))
    ]
    assert shared == [], "what tests share lies in tests/support"


MOST_MODULES = 15
MANY_MODULES: dict[str, str] = {
    "app/ledgers/fortnox": "one file per resource of Fortnox's interface, beside its client",
    "app/web/pages": "one file per page",
    "app/web": "the shell: what every page and end point has",
    "app/payouts/files": "reading one file: each form and each mistake that files have",
    "app/payouts/files/formats": "one file per provider's format",
    "app/payouts": "the payout's job and the facts it gathers; planning, matching and files have packages of their own",
    "app/execution": "one way from a plan to the ledger, in its steps, with the posting log that they share",
    "app/orders": "the order's job and the facts it gathers; the planner has a package of its own",
}
"""Folder → why it holds more modules than people like to look through."""


def test_folder_of_many_modules_has_a_reason() -> None:
    counted = Counter(
        str(Path(source.path).parent) for source in sources("app") if not source.path.endswith("__init__.py")
    )
    assert {folder for folder, count in counted.items() if count > MOST_MODULES} <= MANY_MODULES.keys()
    assert MANY_MODULES.keys() <= {folder for folder, count in counted.items() if count >= MOST_MODULES}
