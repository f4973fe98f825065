"""Where SQL is built: not in pages, not in handlers of jobs, not in planners.

What a page shows comes from the `views` of a package, what it changes from its services and repositories. A table can
change without a page knowing of it, and what keeps a company to its own rows stands beside the table.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.sources import Source, imports, sources

EXCEPTIONS: dict[str, str] = {}
"""File → why it may ask the database itself."""
ERRORS = "sqlalchemy.exc"
"""Not SQL: an endpoint answers what the database refuses."""
ASKING = {"add", "delete", "execute", "flush", "get", "get_one", "merge", "query", "scalar", "scalars", "stream"}
"""Methods by which a session is asked or changed."""


def asked_directly(source: Source) -> Iterator[str]:
    """Every call of a session's own methods."""
    for node in ast.walk(source.tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="session"), attr=method)) if method in ASKING:
                yield f"{source.path}:{node.lineno} session.{method}()"


def asking() -> Iterator[tuple[str, str]]:
    """File, and each import of SQL and each call of a session in it."""
    for found in imports():
        if found.path.startswith("app/web/") and found.module.split(".")[0] == "sqlalchemy" and found.module != ERRORS:
            yield found.path, str(found)
    for source in sources("app/web"):
        yield from ((source.path, call) for call in asked_directly(source))


def test_pages_build_no_sql_and_ask_no_session() -> None:
    assert [what for path, what in asking() if path not in EXCEPTIONS] == []


def is_handler(source: Source) -> bool:
    """Whether a file has a handler of jobs: a class whose `work` takes a lease."""
    for node in ast.walk(source.tree):
        match node:
            case ast.FunctionDef(name="work", args=ast.arguments(args=[_, ast.arg(annotation=ast.Name(id="Lease"))])):
                return True
    return False


def is_planner(source: Source) -> bool:
    """Whether a file plans: a package of its own in orders and payouts."""
    return "/planning/" in source.path or source.path.startswith("app/posting/")


def builds_sql(source: Source) -> bool:
    """Whether a file imports what statements are made of. What a row is by its id, `Session.get` says."""
    return any(
        found.path == source.path and found.module.split(".")[0] == "sqlalchemy" and found.module != ERRORS
        for found in imports()
    )


def test_handlers_and_planners_build_no_sql() -> None:
    looked_at = [source for source in sources("app") if is_handler(source) or is_planner(source)]
    assert len([source for source in looked_at if is_handler(source)]) >= 11
    assert [source.path for source in looked_at if builds_sql(source)] == []


def test_every_exception_is_still_needed() -> None:
    assert EXCEPTIONS.keys() <= {path for path, _what in asking()}


def test_a_page_that_asks_a_session_is_seen() -> None:
    text = "with store.read() as session:\n    row = session.get(Order, 1)\n    shown = order_detail(session, 1)\n"
    page = Source("app/web/pages/orders.py", "app.web.pages.orders", text, ast.parse(text))
    assert list(asked_directly(page)) == ["app/web/pages/orders.py:2 session.get()"]
