"""Every code of the catalogue is raised by a test through the real path; what is not yet stands in a list that shrinks.

The real path: our service, its pages or its command line against the emulators (or files) over HTTP, in the folders of
`SERVICE_TESTS`. A code counts where a test expects it: its name stands in a test of these folders, and not as what must
be absent. The tests pass, so what they expect is raised.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from app.catalogue import CATALOGUE

TESTS = Path(__file__).parents[1]
SERVICE_TESTS = (
    "connect", "e2e", "order_histories", "pipeline", "payout_files", "web/test_connect_flows.py",
    "web/test_connect_qliro.py", "web/test_connect_remedies.py", "web/test_payout_files.py", "web/test_settings.py",
)  # fmt: skip
_CODE = re.compile(r"[A-Z]+(?:_[A-Z0-9]+)+")

NOT_RAISED = {
    "CREDIT_EXCEEDS_INVOICE": "a fault of ours: the database refuses what the plan never asks for (tests/storage)",
    "FORTNOX_RATE_LIMITED": "waited out by the company's pace (test_rate_limiter); no finding stands for seconds",
}
"""Code → why no test raises it through the real path."""


def expected_codes(tree: ast.AST) -> Iterator[str]:
    """The codes that a test module expects: named in its code, but for docstrings and what must not be there."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue  # a docstring says nothing
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.NotIn | ast.NotEq):
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _CODE.findall(node.value)
        yield from expected_codes(node)


def raised() -> set[str]:
    """Codes that some test raises."""
    places = [TESTS / one for one in SERVICE_TESTS]
    files = [file for place in places for file in ([place] if place.is_file() else sorted(place.rglob("test_*.py")))]
    return {code for file in files for code in expected_codes(ast.parse(file.read_text(encoding="utf-8")))}


def test_every_code_is_raised_through_the_real_path_or_listed_with_its_reason() -> None:
    found = raised()
    assert sorted(set(CATALOGUE) - found - NOT_RAISED.keys()) == []
    assert sorted(NOT_RAISED.keys() & found) == [], "raised now: take it out of the list"
    assert sorted(NOT_RAISED.keys() - CATALOGUE.keys()) == [], "no such code any more"


def test_what_must_be_absent_and_what_is_only_said_are_not_expected() -> None:
    code = '''
def test() -> None:
    """SAID_ONLY"""
    assert "MUST_BE_ABSENT" not in findings
    assert findings == ["IS_EXPECTED"]
'''
    assert list(expected_codes(ast.parse(code))) == ["IS_EXPECTED"]
