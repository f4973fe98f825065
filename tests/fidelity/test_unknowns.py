"""Every switch of the emulator is documented with all its values, and nothing is documented that is no switch."""

import pytest

from sandbox.fortnox.config import Switches
from tests.support.fidelity.unknowns_page import UnknownsPage

_PAGE = UnknownsPage("fortnox-unknowns.md", Switches)


def test_every_switch_has_its_row() -> None:
    assert _PAGE.rows.keys() == Switches.model_fields.keys()


@pytest.mark.parametrize("name", Switches.model_fields)
def test_all_values_are_told_the_default_first(name: str) -> None:
    _PAGE.has_all_values(name)


@pytest.mark.parametrize("name", Switches.model_fields)
def test_what_the_product_does_is_told_and_the_test_that_proves_it_exists(name: str) -> None:
    _PAGE.has_proof(name)
