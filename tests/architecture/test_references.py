"""Every fact that code or documents refer to by number stands in docs/reference under that number.

`fortnox-api.md 2.3` is a section, `accounting.md T4` and `fortnox-api.md 4, #10` are rows of a table, `acc-16` is a
worked case, and `decision 14` one of the design (decision records have four digits). A name alone needs only the
file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT

REFERENCE = ROOT / "docs" / "reference"
SEARCHED = ("app", "workers", "sandbox", "tests", "bench", "docs", "README.md")
KINDS = {".py", ".md", ".yaml", ".yml", ".toml", ".html", ".txt", ".example"}
FILES = {
    "accounting", "architecture-options", "dependencies", "design", "fortnox-api", "junipeer", "qliro-api",
    "shopify-api",
}  # fmt: skip
UNKNOWNS = {"docs/fortnox-unknowns.md": "fortnox-api", "docs/qliro-unknowns.md": "qliro-api"}
"""Tables whose column *Dossier* has bare numbers, and the file that these belong to."""

_PLACE = r"(?:acc-\d\d|\d+(?:\.\d+)*(?![\w%])|[A-Z]\d{0,2}(?![\w']))"
_LABEL = r"(?:sections?|appendix|rules?|rows?|ways?|models?|defects?|stages?|points?|invariants|worked cases|worked)"
_OF_A_TABLE = re.compile(r"(?:rule|row|way|model|defect|stage|point|decision)s?\s+|#")
_STEP = re.compile(rf"(?P<label>{_LABEL}\s+|#)?(?P<place>{_PLACE})|{_LABEL}(?!\w)|and\b|to\b|[\s,#*–…(-]")
_NAMED = re.compile(r"(?<![\w/.-])([a-z]+(?:-[a-z]+)*)(?:\.md\b:?|(?<=architecture-options)(?= \d))")
_BEHIND = re.compile(rf"section ({_PLACE}) of (?:the )?([a-z]+(?:-[a-z]+)*)\.md\b")
_CASE = re.compile(r"(?<![\w-])acc-\d\d\b")
_DECISION = re.compile(r"\bdecision (\d{1,2})\b")
_CODE = re.compile(r"\d+\.\d+|[A-Z]\d+|acc-\d\d")
"""Places of a table that are unique in their file, so that no section need be named before them."""


@dataclass(frozen=True)
class Place:
    """A section, a row of a section named before it (`3.4 and 4 #11`), or a worked case."""

    name: str
    before: tuple[str, ...] = ()
    must_be_row: bool = False

    def is_in(self, anchors: frozenset[str]) -> bool:
        """Whether a file with these anchors has it."""
        as_row = any(f"{section} {self.name}" in anchors for section in self.before)
        return as_row or (self.name in anchors and not (self.must_be_row and self.before))


# --- what a reference file offers


@cache
def anchors(name: str) -> frozenset[str]:
    """The sections of a file by their number, and rows of tables as `section row` (`4 10`, `2.2 5`, `0 T4`)."""
    found, section = set[str](), ""
    for line in (REFERENCE / f"{name}.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("##"):
            section = line.lstrip("# ").split()[0].rstrip(".")
            found.add(section)
        elif line.startswith("|"):
            row = _OF_A_TABLE.sub("", line.split("|")[1]).strip()
            found.add(f"{section} {row}")
            found.update({code.strip() for code in row.split(",") if _CODE.fullmatch(code.strip())})
    return frozenset(found)


def sections_without_origin(name: str) -> list[str]:
    """Sections that say something and do not say where it is from."""
    parts = re.split(r"^#{2,} ", (REFERENCE / f"{name}.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return [part.splitlines()[0] for part in parts if not re.search(r"^Origin: \S", part, re.MULTILINE)]


# --- what the text refers to


def places(text: str) -> list[Place]:
    """The places at the beginning of a text that follows a file's name; empty where none is named."""
    found: list[Place] = []
    before: tuple[str, ...] = ()
    at = 0
    while (step := _STEP.match(text, at)) is not None:
        at = step.end()
        if (name := step["place"]) is not None:
            is_row = bool(step["label"] and _OF_A_TABLE.match(step["label"]))
            found.append(Place(name, before, is_row))
            before = before if is_row else (*before, name)
    return found


def references(text: str) -> Iterator[tuple[str, Place | None]]:
    """Files named in a text, each with its places, or None where the file is named alone."""
    for match in _NAMED.finditer(text):
        named = places(text[match.end() : match.end() + 200])
        yield from ((match[1], place) for place in named if match[1] in FILES or not _is_other_document(match[1]))
        if match[1] in FILES and not named:
            yield match[1], None
    yield from ((match[2], Place(match[1])) for match in _BEHIND.finditer(text))
    yield from (("accounting", Place(match[0])) for match in _CASE.finditer(text))
    yield from (("design", Place(match[1], ("1",), must_be_row=True)) for match in _DECISION.finditer(text))


def _is_other_document(name: str) -> bool:
    return any(file.parent != REFERENCE for file in (ROOT / "docs").rglob(f"{name}.md"))


def texts() -> Iterator[tuple[str, str]]:
    for top in SEARCHED:
        files = [ROOT / top] if (ROOT / top).is_file() else sorted((ROOT / top).rglob("*"))
        for file in files:
            if file.is_file() and file.suffix in KINDS and file != Path(__file__).resolve():
                yield file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8")


def missing(name: str, place: Place | None) -> str | None:
    """What a reference leads to that is not there."""
    if name not in FILES:
        return f"docs/reference/{name}.md"
    if place is None or place.is_in(anchors(name)):
        return None
    return f"{name}.md {', '.join((*place.before, place.name))}"


# --- the rules


def test_the_files_are_these() -> None:
    assert {file.stem for file in REFERENCE.glob("*.md")} - {"README"} == FILES


def test_every_reference_leads_to_a_place() -> None:
    found = [(path, name, place) for path, text in texts() for name, place in references(text)]
    assert len(found) > 400, "the search itself has gone blind"
    assert [f"{path}: {gone}" for path, name, place in found if (gone := missing(name, place))] == []


@pytest.mark.parametrize("path", UNKNOWNS)
def test_every_open_question_names_the_section_that_leaves_it_open(path: str) -> None:
    column, seen, gone = None, 0, []
    for line in (ROOT / path).read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)] if line.startswith("|") else []
        if "Dossier" in cells:
            column = cells.index("Dossier")
        elif not cells:
            column = None
        elif column is not None and not cells[column].startswith("---"):
            named = places(cells[column])
            seen += 1
            gone += [f"{cells[1]}: {cells[column]}"] * (not named)
            gone += [f"{cells[1]}: {lost}" for place in named if (lost := missing(UNKNOWNS[path], place))]
    assert seen > 10
    assert gone == []


@pytest.mark.parametrize("name", sorted(FILES))
def test_every_section_says_where_its_facts_are_from(name: str) -> None:
    assert sections_without_origin(name) == []


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("lengths (fortnox-api.md 2.3).", ["fortnox-api 2.3"]),
        ("of fortnox-api.md 3.5, 3.7", ["fortnox-api 3.5", "fortnox-api 3.7"]),
        ("(fortnox-api.md 4, #10)", ["fortnox-api 4", "fortnox-api 10"]),
        ("(fortnox-api.md 4, rule 10: 1698.23)", ["fortnox-api 4", "fortnox-api 10"]),
        ("(qliro-api.md 5.4-5.6, accounting.md T9)", ["qliro-api 5.4", "qliro-api 5.6", "accounting T9"]),
        ("accounting.md\n# 2.5 gives", ["accounting 2.5"]),
        ("architecture-options 11", ["architecture-options 11"]),
        ("section 0 of fortnox-api.md,", ["fortnox-api", "fortnox-api 0"]),
        ("spread as acc-16 has it", ["accounting acc-16"]),
        ("deferred (decision 14), see decision 0003", ["design 14"]),
        ("as accounting.md says", ["accounting"]),
        ("nordea-api.md 2.1 has it", ["nordea-api 2.1"]),
        ("runbook.md 3 lines down; developer.paypal.com/reports/settlement.md 2", []),
    ],
)  # fmt: skip
def test_what_counts_as_a_reference(text: str, meant: list[str]) -> None:
    assert [f"{name} {place.name}" if place else name for name, place in references(text)] == meant


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("fortnox-api", Place("9.1")),
        ("fortnox-api", Place("99", before=("4",), must_be_row=True)),
        ("fortnox-api", Place("5", before=("3.1",), must_be_row=True)),
        ("accounting", Place("acc-77")),
        ("design", Place("2", before=("1",), must_be_row=True)),
        ("nordea-api", Place("2.1")),
    ],
)
def test_what_is_not_there_is_named(name: str, place: Place) -> None:
    assert missing(name, place) is not None
