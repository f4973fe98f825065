"""The words of docs/glossary.md are used: identifiers and module names hold none of those that they replaced."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.sources import ROOT, sources

REPLACED = {
    "lane": "job", "lanes": "jobs", "drain": "worker", "doorbell": "notifier", "bell": "notification",
    "crowded": "overloaded", "absorbed": "processed", "permits": "rate limiter", "permit": "reserved call",
    "nap": "wait", "clockwork": "scheduler", "crew": "background services", "desk": "job context",
    "carrier": "executor", "begun": "posted", "shells": "unfilled drafts", "goodwill": "price reduction",
    "worth": "carrying amount", "worths": "carrying amounts", "strangers": "unmatched lines", "nobodys": "unmatched",
    "anothers": "managed elsewhere", "wish": "refresh request", "wishes": "refresh requests", "hinder": "block",
    "lest": "so that not", "whoever": "who", "reckon": "calculate", "upkeep": "provisioning",
    "mended": "resolved",
}  # fmt: skip
"""Old word → what it is called now."""


def words(identifier: str) -> list[str]:
    """`JobState` and `job_state` are job and state."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", identifier)]


def identifiers() -> Iterator[tuple[str, str]]:
    """Where, and every name that the source gives to something."""
    for source in sources("app", "workers", "sandbox", "tests", "bench"):
        yield source.path, source.module.rpartition(".")[2]
        for node in ast.walk(source.tree):
            match node:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    if not name.startswith(("test_", "Test")):
                        yield f"{source.path}:{node.lineno}", name
                case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                    yield f"{source.path}:{node.lineno}", name


def test_no_identifier_holds_a_word_that_was_replaced() -> None:
    old = [f"{where}: {name}" for where, name in identifiers() if not REPLACED.keys().isdisjoint(words(name))]
    assert old == []


def test_tables_and_columns_hold_none_either() -> None:
    (revision,) = sorted((ROOT / "migrations" / "versions").glob("*create_the_tables.py"))
    names = re.findall(r"'([a-z_]+)'", revision.read_text(encoding="utf-8"))
    assert [name for name in names if not REPLACED.keys().isdisjoint(words(name))] == []


@pytest.mark.parametrize("term", sorted(set(REPLACED.values()) - {"block", "so that not", "who", "calculate", "wait"}))
def test_glossary_has_what_replaced_them(term: str) -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").lower()
    assert any(form in glossary for form in (term, term.removesuffix("s")))
