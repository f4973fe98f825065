"""The adapters of `tests/adapters` are plugs: they know the protocols, and no file of the product knows them."""

from __future__ import annotations

import re

import pytest

from tests.architecture.sources import ROOT, imports, is_in

COMMON = ("app.kit", "app.model")
MAY_IMPORT = {
    "abacus": (*COMMON, "app.posting", "app.ledgers.base", "app.ledgers.areas", "app.ledgers.booked_year"),
    "stall": (*COMMON, "app.shops.base", "app.tenants.rules"),
}
"""Adapter → what of the product it is made of."""
PRODUCT = ("app", "workers", "migrations")


@pytest.mark.parametrize("adapter", MAY_IMPORT)
def test_adapter_is_made_of_protocols_and_models_alone(adapter: str) -> None:
    own = imports(f"tests/adapters/{adapter}")
    allowed = (f"tests.adapters.{adapter}", *MAY_IMPORT[adapter])
    ours = [found for found in own if found.module.split(".")[0] in ("app", "sandbox", "tests", "workers")]
    assert ours
    assert [str(found) for found in ours if not any(is_in(found.module, part) for part in allowed)] == []


@pytest.mark.parametrize("adapter", MAY_IMPORT)
def test_no_file_of_the_product_names_it(adapter: str) -> None:
    word = re.compile(rf"\b{adapter}\b", re.IGNORECASE)
    files = [file for part in PRODUCT for file in (ROOT / part).rglob("*") if file.suffix in {".py", ".yaml", ".html"}]
    assert len(files) > 400, "the search itself has gone blind"
    assert [file.name for file in files if word.search(file.read_text(encoding="utf-8"))] == []


def test_every_adapter_is_in_the_table() -> None:
    packages = {folder.name for folder in (ROOT / "tests" / "adapters").iterdir() if folder.name[0] not in "._"}
    assert packages == set(MAY_IMPORT)
