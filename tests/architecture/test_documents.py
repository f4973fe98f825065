"""What the documents name exists: files, decisions, links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.sources import ROOT, sources

FOLDERS = ("app/", "workers/", "tests/", "sandbox/", "bench/", "docs/", "migrations/")
HISTORY = ("docs/decisions/", "CHANGELOG.md")
"""They speak of files as they were."""


def documents() -> Iterator[tuple[str, str]]:
    for file in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]):
        yield file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8")


def exists(path: str) -> bool:
    return any(ROOT.glob(path.rstrip("/"))) if "*" in path else (ROOT / path).exists()


def test_every_path_in_a_document_exists() -> None:
    missing = [
        f"{document}: {path}"
        for document, text in documents()
        if not document.startswith(HISTORY)
        for path in re.findall(r"`([\w./*-]+)`", text)
        if path.startswith(FOLDERS) and ("." in path or path.endswith("/")) and not exists(path)
    ]
    assert missing == []


def test_the_map_of_the_code_names_whole_paths() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert [name for name in re.findall(r"`([\w./]+\.py)`", text) if "/" not in name and name != "base.py"] == []


def test_every_link_between_documents_leads_somewhere() -> None:
    broken = [
        f"{document}: {target}"
        for document, text in documents()
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
        if not ((ROOT / document).parent / target).exists()
    ]
    assert broken == []


def test_every_decision_that_is_named_exists() -> None:
    decisions = {int(file.name[:4]) for file in (ROOT / "docs" / "decisions").glob("[0-9]*.md")}
    texts = [*documents(), *((source.path, source.text) for source in sources())]
    named = {
        (document, int(number))
        for document, text in texts
        for number in re.findall(r"\bdecision (\d{1,4})\b(?! of the design)", text)
    }
    assert {(document, number) for document, number in named if number not in decisions} == set()


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = sorted(int(file.name[:4]) for file in Path(ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
