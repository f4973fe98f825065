"""What the documents name exists: files, decisions, links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

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


def test_every_decision_says_what_a_reader_needs_to_undo_it() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    lacking = [f"{file.name}: {part}" for file in records for part in lacking_parts(file.read_text(encoding="utf-8"))]
    assert lacking == []


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("Status: accepted. ", "", "status"),
        ("Status: accepted.", "Status: maybe.", "status"),
        ("2026-12-01", "2026-13-01", "date"),
        ("2026-12-01", "December", "date"),
        ("## Alternatives", "## Others", "alternatives"),
        ("None was considered.", "", "alternatives"),
        ("An event for each.", "", "reversal"),
        ("None was considered.", "## A heading alone", "alternatives"),
    ],
)
def test_part_that_a_decision_lacks_is_named(old: str, new: str, part: str) -> None:
    record = """# 0099 A title

Status: accepted. Date: 2026-12-01.

## Alternatives

None was considered.

## What would reverse it

An event for each.
"""
    assert list(lacking_parts(record)) == []
    assert list(lacking_parts(record.replace(old, new))) == [part]


def lacking_parts(record: str) -> Iterator[str]:
    """What a decision record does not say: status, date, alternatives ("None was considered." is one), reversal."""
    if not re.search(r"^Status: (accepted|replaced by \d{4})\.", record, re.MULTILINE):
        yield "status"
    if not is_day(re.search(r"\bDate: (\d{4}-\d\d-\d\d)\.", record)):
        yield "date"
    for part, heading in (("alternatives", "Alternatives"), ("reversal", "What would reverse it")):
        if not re.search(rf"^## {heading}\n+[^#\s]", record, re.MULTILINE):
            yield part


def is_day(found: re.Match[str] | None) -> bool:
    if found is None:
        return False
    try:
        date.fromisoformat(found[1])
    except ValueError:
        return False
    return True
