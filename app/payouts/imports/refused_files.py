"""Why a payout file was not taken in whole, in the words of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence

from app.catalogue import lookup
from app.catalogue.entries import Language
from app.payouts.files import Fault, Problem
from app.payouts.imports.payout_files import Preview
from app.payouts.known_payouts import Known

_PLACES: dict[Language, str] = {"sv": "Rad {line}, kolumn {column}: ", "en": "Line {line}, column {column}: "}
_LINES: dict[Language, str] = {"sv": "Rad {line}: ", "en": "Line {line}: "}

_NAMED = 30
"""Columns that a sentence names."""


def refusals(preview: Preview | None) -> list[Problem]:
    """Why a file was not taken in whole; empty when it was."""
    if preview is None:
        return [Problem(0, "", Fault("FILE_GONE"))]
    problems = list(preview.problems)
    if preview.header and not preview.format:
        problems.append(Problem(0, "", Fault("FILE_UNKNOWN_KIND", {"columns": _listed(preview.header)})))
    differing = [payout.payout.id for payout in preview.payouts if payout.known is Known.DIFFERS]
    problems += [Problem(0, "", Fault("FILE_PAYOUT_DIFFERS", {"payout": payout})) for payout in differing]
    if preview.sums:
        problems.append(Problem(0, "", Fault("FILE_PAYOUTS_WITHOUT_LINES")))
    if not problems and not preview.payouts:
        problems.append(Problem(0, "", Fault("FILE_HAS_NO_PAYOUT")))
    return problems


def _listed(columns: Sequence[str]) -> str:
    """The first ones, as a sentence can hold them."""
    return ", ".join(columns[:_NAMED]) + (" …" if len(columns) > _NAMED else "")


def in_words(problem: Problem, language: Language) -> str:
    """Where it is, what it is and what to do, as one line."""
    places = (_PLACES if problem.column else _LINES)[language] if problem.line else ""
    entry = lookup(problem.fault.code)
    texts = (entry.text(language, problem.fault.values), entry.remedy(language, problem.fault.values))
    return places.format(line=problem.line, column=problem.column) + " ".join(texts)
