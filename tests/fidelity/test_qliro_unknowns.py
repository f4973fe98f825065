"""Every switch of the Qliro emulator is documented with its default first, and nothing else is."""

import re
from pathlib import Path

from sandbox.qliro.switches import Switches

_PAGE = (Path(__file__).parents[2] / "docs" / "qliro-unknowns.md").read_text("utf-8")
_ROWS = {
    found[1]: re.findall(r"`([^`]+)`", found[2])
    for found in re.finditer(r"^\| `(\w+)` \| ([^|]+) \|", _PAGE, re.MULTILINE)
}


def test_every_switch_has_its_row_with_the_default_first() -> None:
    defaults = {name: str(field.default) for name, field in Switches.model_fields.items()}
    words = {"True": "true", "False": "false"}
    assert {name: told[0] for name, told in _ROWS.items()} == {n: words.get(d, d) for n, d in defaults.items()}
