"""Every switch of the Shopify emulator is documented with its values, the default first, and proved by a test."""

import re
from pathlib import Path
from typing import get_args, get_origin

import pytest

from sandbox.shopify.switches import Switches

_ROOT = Path(__file__).parents[2]
_PAGE = (_ROOT / "docs" / "shopify-unknowns.md").read_text("utf-8")
_ROWS = {
    found[1]: re.findall(r"`([^`]+)`", found[2])
    for found in re.finditer(r"^\| `(\w+)` \| ([^|]+) \|", _PAGE, re.MULTILINE)
}


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_every_switch_has_its_row_and_nothing_else_has() -> None:
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
    *_, source, does, proof, _end = (cell.strip() for cell in line.split(" |"))
    path, _, function = proof.strip("`").partition("::")
    assert source
    assert does
    text = (_ROOT / path).read_text("utf-8")
    assert f"def {function}" in text if function else "def test_" in text


@pytest.mark.parametrize("name", Switches.model_fields)
def test_the_emulator_is_tried_under_it(name: str) -> None:
    assert name in (_ROOT / "tests" / "contract" / "test_shopify_emulator_access.py").read_text("utf-8")
