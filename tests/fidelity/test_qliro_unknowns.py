"""Every switch of the Qliro emulator is documented with its default first, and nothing else is."""

from sandbox.qliro.switches import Switches
from tests.support.fidelity.unknowns_page import UnknownsPage

_PAGE = UnknownsPage("qliro-unknowns.md", Switches)


def test_every_switch_has_its_row_with_the_default_first() -> None:
    defaults = {name: str(field.default) for name, field in Switches.model_fields.items()}
    words = {"True": "true", "False": "false"}
    assert {name: given[0] for name, given in _PAGE.rows.items()} == {n: words.get(d, d) for n, d in defaults.items()}
