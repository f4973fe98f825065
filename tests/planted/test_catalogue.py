"""The catalogue of planted faults fits the code as it is; `make planted` performs it."""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache

import pytest

from tests.planted.catalogue import CATALOGUE
from tests.planted.copies import copy_of_the_tree, outcome
from tests.planted.fault import ROOT, DoesNotApplyError, Fault
from tests.planted.page import PAGE, page


@pytest.mark.parametrize("fault", CATALOGUE, ids=lambda fault: fault.key)
def test_fault_fits_the_code_as_it_is_and_the_broken_file_is_still_a_program(fault: Fault) -> None:
    broken = fault.applied()
    assert broken != (ROOT / fault.file).read_text()
    ast.parse(broken)


@pytest.mark.parametrize("fault", CATALOGUE, ids=lambda fault: fault.key)
def test_tests_that_must_notice_it_exist(fault: Fault) -> None:
    assert fault.tests, "a protection that no test names is none"
    for test in fault.tests:
        file, _, name = test.partition("::")
        assert name.partition("[")[0] in _tests_of(file), test


def test_faults_break_the_product_and_not_its_tests() -> None:
    assert {fault.file.partition("/")[0] for fault in CATALOGUE} <= {"app", "workers", "migrations"}


def test_each_fault_has_a_name_of_its_own_and_there_are_enough() -> None:
    assert [key for key, times in Counter(fault.key for fault in CATALOGUE).items() if times > 1] == []
    assert len(CATALOGUE) >= 60


def test_text_that_is_there_twice_or_never_is_refused() -> None:
    twice = Fault("x", "", "app/jobs/queue.py", "clock_timestamp()", "", ())
    gone = Fault("x", "", "app/jobs/queue.py", "no such text", "", ())
    for fault in (twice, gone):
        with pytest.raises(DoesNotApplyError):
            fault.applied()


def test_page_lists_the_catalogue_as_it_is() -> None:
    assert PAGE.read_text() == page(), "make planted WRITE=1 writes it"


def test_test_that_passes_over_the_broken_copy_has_not_noticed(server_url: str) -> None:
    notices = "tests/unit/test_retry.py::test_waits_are_half_of_how_long_it_has_failed_and_an_hour_at_most"
    passes = "tests/unit/test_retry.py::test_jitter_adds_up_to_a_quarter"
    old, new = "_LATEST = timedelta(hours=1)", "_LATEST = timedelta(hours=2)"
    seen = outcome(Fault("x", "", "app/jobs/retry.py", old, new, (notices, passes)), server_url)
    assert (seen.noticed, seen.silent) == (False, (passes,))


def test_copy_leaves_the_tree_as_it_is() -> None:
    fault = CATALOGUE[0]
    before = (ROOT / fault.file).read_text()
    with copy_of_the_tree(fault) as root:
        assert (root / fault.file).read_text() != before
    assert (ROOT / fault.file).read_text() == before


@cache
def _tests_of(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
