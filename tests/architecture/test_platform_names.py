"""The names of platforms stand in their own packages and the composition root, and nowhere else (decision 0037).

Everybody else asks for a kind, a capability or a situation (`app.model.platforms`). Looked at are identifiers, module
names and string literals; docstrings and comments may cite sources. Free everywhere are the catalogue's codes, which
are what people see, and roles of accounts (`psp.qliro.sek`), which are names of a chart.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from app.catalogue import CATALOGUE
from tests.architecture.sources import Source, sources

PLATFORM = re.compile(r"shopify|qliro|fortnox|vies", re.IGNORECASE)
_NAME = "(fortnox|shopify|qliro)"
OWN = re.compile(
    rf"app/ledgers/fortnox/.*|app/shops/{_NAME}/.*|app/connections/flows/{_NAME}\w*\.py"
    rf"|app/web/pages/connect_{_NAME}\w*\.py|app/payouts/files/formats/\w+\.py|app/master_data/vies\.py"
    r"|app/model/providers\.py|app/(wiring|main|settings)\.py|app/cli/\w+\.py"
)
"""Packages of one platform, formats of payout files, the table of providers, the composition root and the ways in."""
_ROLE = re.compile(r"psp\.[a-z_]+(\.[a-z]{3})?")

EXCEPTIONS: dict[str, str] = {
    "app/tenants/account_roles.py": "default accounts and gateways, Klarna's and Swish's among them: names of a chart",
    "app/tenants/fee_vat.py": "how the law taxes each provider's fees, Klarna's and Swish's among them",
}
"""File → why it names platforms."""


def named(source: Source) -> Iterator[tuple[int, str]]:
    """Line and text of everything in a file that names a platform."""
    if PLATFORM.search(source.module):
        yield 0, source.module
    said = {id(node.value) for node in ast.walk(source.tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(source.tree):
        for text in _texts(node):
            if PLATFORM.search(text) and not (isinstance(node, ast.Constant) and (id(node) in said or is_free(text))):
                yield getattr(node, "lineno", 0), text


def _texts(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=text) | ast.Attribute(attr=text) | ast.arg(arg=text) | ast.Constant(value=str(text)):
            yield text
        case ast.FunctionDef(name=text) | ast.AsyncFunctionDef(name=text) | ast.ClassDef(name=text):
            yield text
        case ast.keyword(arg=str(text)):
            yield text
        case ast.ImportFrom(module=module, names=names):
            yield from (str(module), *(name.name for name in names))
        case ast.Import(names=names):
            yield from (name.name for name in names)


def is_free(text: str) -> bool:
    """Whether a literal is a code of the catalogue or the role of an account."""
    return text in CATALOGUE or _ROLE.fullmatch(text) is not None


def elsewhere() -> dict[str, list[str]]:
    """File → what it names, of all files that are no platform's own."""
    files = {
        source.path: sorted(named(source)) for source in sources("app", "workers") if not OWN.fullmatch(source.path)
    }
    return {path: [f"{line} {text}" for line, text in found] for path, found in files.items() if found}


def test_platforms_are_named_in_their_own_packages_alone() -> None:
    assert {path: found for path, found in elsewhere().items() if path not in EXCEPTIONS} == {}


@pytest.mark.parametrize("path", EXCEPTIONS)
def test_every_exception_is_still_needed(path: str) -> None:
    assert path in elsewhere()


def test_what_counts_as_a_name() -> None:
    text = '''
"""Shopify in a docstring is free."""
from app.shops.shopify.client import Client
FORTNOX_URL = "x"  # Fortnox in a comment, too
def ask_qliro(vies): self.fortnox("shopify:1", "QLIRO_UNAVAILABLE", "psp.qliro.sek", "QLIRO_NO_SUCH_CODE", qliro=1)
class ShopifyShop: "Of Shopify."
'''
    found = [name for _line, name in named(Source("app/x.py", "app.x", text, ast.parse(text)))]
    assert sorted(found) == sorted(
        ["FORTNOX_URL", "QLIRO_NO_SUCH_CODE", "ShopifyShop", "app.shops.shopify.client", "ask_qliro", "fortnox",
         "qliro", "shopify:1", "vies"]
    )  # fmt: skip
