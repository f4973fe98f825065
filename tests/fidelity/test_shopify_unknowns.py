"""Every switch of the Shopify emulator is documented with its values, the default first, and proved by a test."""

import pytest

from sandbox.shopify.switches import Switches
from tests.support.fidelity.unknowns_page import ROOT, UnknownsPage

_PAGE = UnknownsPage("shopify-unknowns.md", Switches)


def test_every_switch_has_its_row_and_nothing_else_has() -> None:
    assert _PAGE.rows.keys() == Switches.model_fields.keys()


@pytest.mark.parametrize("name", Switches.model_fields)
def test_all_values_are_told_the_default_first(name: str) -> None:
    _PAGE.has_all_values(name)


@pytest.mark.parametrize("name", Switches.model_fields)
def test_what_the_product_does_is_told_and_the_test_that_proves_it_exists(name: str) -> None:
    *_, source = _PAGE.has_proof(name)
    assert source


@pytest.mark.parametrize("name", Switches.model_fields)
def test_the_emulator_is_tried_under_it(name: str) -> None:
    assert name in (ROOT / "tests" / "contract" / "test_shopify_emulator_access.py").read_text("utf-8")
