"""The accountant's guide names every provider whose files are recognised, and the VAT of its fees by default."""

from __future__ import annotations

from pathlib import Path

from app.payouts.files.formats import KNOWN
from app.tenants.fee_vat import DEFAULT_FEE_VAT, FeeVat

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "accountant.md"
_WORDS = {
    FeeVat.REVERSE_CHARGE: "omvänd betalningsskyldighet",
    FeeVat.SE_VAT: "svensk moms",
    FeeVat.NONE: "ingen",
}


def rows() -> dict[str, list[str]]:
    """Provider → the cells of its row."""
    table = [line.strip("| ").split(" | ") for line in GUIDE.read_text(encoding="utf-8").splitlines() if "| " in line]
    return {cells[0].split("(`")[1].removesuffix("`)"): cells for cells in table if "(`" in cells[0]}


def test_every_provider_that_is_recognised_stands_in_the_guide() -> None:
    assert {one.provider for one in KNOWN} | {"qliro"} == rows().keys()


def test_guide_says_how_the_fees_of_each_provider_are_taxed_by_default() -> None:
    for provider, cells in rows().items():
        if cells[3] != "–":
            wanted = _WORDS[DEFAULT_FEE_VAT.get(provider, FeeVat.NONE)]
            assert cells[3].startswith(wanted), provider
