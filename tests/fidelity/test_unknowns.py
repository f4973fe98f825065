"""Every switch of the emulator is documented with all its values, and nothing is documented that is no switch."""

import re
from pathlib import Path
from typing import get_args, get_origin

import pytest

from sandbox.fortnox.config import Switches

_PAGE = (Path(__file__).parents[2] / "docs" / "fortnox-unknowns.md").read_text("utf-8")
_ROWS = {
    found[1]: re.findall(r"`([^`]+)`", found[2])
    for found in re.finditer(r"^\| `(\w+)` \| ([^|]+) \|", _PAGE, re.MULTILINE)
}


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_every_switch_has_its_row() -> None:
    assert _ROWS.keys() == Switches.model_fields.keys()


@pytest.mark.parametrize("name", Switches.model_fields)
def test_all_values_are_told_the_default_first(name: str) -> None:
    field = Switches.model_fields[name]
    told = _ROWS[name]

    assert told[0] == _as_text(field.default)
    if field.annotation is bool:
        assert set(told) == {"true", "false"}
    elif get_args(field.annotation) and get_origin(field.annotation) is not None:
        assert set(told) == {_as_text(value) for value in get_args(field.annotation)}


@pytest.mark.parametrize("name", Switches.model_fields)
def test_what_the_product_does_is_told_and_the_test_that_proves_it_exists(name: str) -> None:
    [line] = [line for line in _PAGE.splitlines() if line.startswith(f"| `{name}` |")]
    *_, does, proof, _end = (cell.strip() for cell in line.split(" |"))
    path, _, function = proof.strip("`").partition("::")

    assert does
    source = (Path(__file__).parents[2] / path).read_text("utf-8")
    assert f"def {function}" in source if function else "def test_" in source
