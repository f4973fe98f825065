"""Who may change a ledger: an authorization is made where a step was marked, and nowhere else.

The mark asks whether the company is live (`between_calls`), so what goes by an authorization is of a live company.
"""

from __future__ import annotations

import ast

from tests.architecture.sources import Source, sources

MAKERS = {
    "app/execution/step_run.py": "right after the mark of the step, by which the database says that it may go",
    "app/execution/executor.py": "after the database said that the company is live, for a draft that stands already",
}
"""File → why it may make one."""


def makes_authorization(source: Source) -> bool:
    """Whether a file calls the class, by its name or as an attribute."""
    for node in ast.walk(source.tree):
        match node:
            case ast.Call(func=ast.Name(id="WriteAuthorization") | ast.Attribute(attr="WriteAuthorization")):
                return True
    return False


def test_an_authorization_is_made_only_where_the_database_was_asked() -> None:
    assert {source.path for source in sources("app") if makes_authorization(source)} == MAKERS.keys()


def test_a_file_that_makes_one_is_seen() -> None:
    text = "client.call(company, call, authorization=base.WriteAuthorization(company))"
    assert makes_authorization(Source("app/x.py", "app.x", text, ast.parse(text)))
