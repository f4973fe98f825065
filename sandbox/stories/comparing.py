"""Holds an outcome against what a file expects: every key of an expectation, its alternatives and earlier states.

The form is that of the cases' INDEX.md, "Form of the files", 11. A key that is not known is an error: what is not
compared must not seem right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sandbox.stories import comparing_books, comparing_documents, comparing_findings
from sandbox.stories.observing import Observation
from sandbox.stories.results import nearest

Json = dict[str, Any]
Check = Callable[[Any, Sequence[Observation]], Iterator[str]]

CHECKS: Mapping[str, Check] = {
    "state": comparing_findings.state,
    "findings": comparing_findings.findings,
    "never": comparing_findings.never,
    "says": comparing_findings.says,
    "sent": comparing_findings.sent,
    "documents": comparing_documents.documents,
    "totals": comparing_documents.totals,
    "no_document_of": comparing_documents.no_document_of,
    "accounts": comparing_books.accounts,
    "dated": comparing_books.dated,
    "customer_name": comparing_documents.customer_name,
    "customer_type": comparing_documents.customer_type,
    "vat_type": comparing_documents.vat_type,
    "vat_number": comparing_documents.vat_number,
    "email": comparing_documents.email,
    "delivery_country": comparing_documents.delivery_country,
}
"""Key of an outcome → what it finds wrong. The observations are those of all states up to the one meant."""
_NOT_COMPARED = frozenset({"notes"})
_NESTED = frozenset({"after", "alternatives"})


class BadExpectationError(Exception):
    """An expectation that cannot be compared; the sentence says why."""


def differences(expect: Json, observed: Sequence[Observation]) -> list[str]:
    """What is wrong; empty when the outcome or one of its alternatives holds in full.

    Of several outcomes the differences of the nearest are given: the one that the fewest things are wrong with.
    """
    return nearest([_of_outcome(outcome, observed) for outcome in (expect, *expect.get("alternatives", ()))])


def _of_outcome(outcome: Json, observed: Sequence[Observation]) -> list[str]:
    found = list(_of_state(outcome, observed))
    for number, earlier in sorted(outcome.get("after", {}).items(), key=lambda one: int(one[0])):
        found += [f"after state {number}: {one}" for one in _of_state(earlier, observed[: int(number)])]
    return found


def _of_state(wanted: Json, observed: Sequence[Observation]) -> Iterator[str]:
    for key, check in CHECKS.items():
        if key in wanted:
            for one in check(wanted[key], observed):
                yield f"{key}: {one}"


def check_expectation(expect: object, states: int) -> None:
    """Raises BadExpectationError where something could not be compared."""
    _check(expect, states, CHECKS.keys() | _NOT_COMPARED | _NESTED, "expect")
    assert isinstance(expect, dict)  # noqa: S101 -- just checked
    for number, other in enumerate(_list(expect.get("alternatives", []), "expect.alternatives"), 2):
        _check(other, states, CHECKS.keys() | _NOT_COMPARED | {"after"}, f"outcome {number}")


def _check(outcome: object, states: int, known: frozenset[str] | set[str], name: str) -> None:
    if not isinstance(outcome, dict):
        raise BadExpectationError(f"{name} is no object")
    unknown = sorted(outcome.keys() - known)
    if unknown:
        raise BadExpectationError(f"{name} has unknown keys: {', '.join(unknown)}")
    if not outcome.keys() & (CHECKS.keys() | {"after"}):
        raise BadExpectationError(f"{name} says nothing that could be compared")
    if "documents" in outcome:
        _check_documents(outcome["documents"], name)
    after = outcome.get("after", {})
    if not isinstance(after, dict):
        raise BadExpectationError(f"{name}.after is no object")
    for number, earlier in after.items():
        if not number.isdigit() or not 1 <= int(number) <= states:
            raise BadExpectationError(f"{name}.after names state {number}, there are {states}")
        _check(earlier, states, CHECKS.keys() | _NOT_COMPARED, f"{name}.after.{number}")


def _check_documents(wanted: object, name: str) -> None:
    for document in _list(wanted, f"{name}.documents"):
        _known(document, comparing_documents.DOCUMENT_KEYS, f"{name}.documents")
        for row in _list(document.get("rows", []), f"{name}.documents.rows"):
            _known(row, comparing_documents.ROW_KEYS, f"{name}.documents.rows")


def _known(part: object, known: frozenset[str], name: str) -> None:
    if not isinstance(part, dict):
        raise BadExpectationError(f"{name} holds something that is no object")
    if unknown := sorted(part.keys() - known):
        raise BadExpectationError(f"{name} has unknown keys: {', '.join(unknown)}")


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise BadExpectationError(f"{name} is no list")
    return value
