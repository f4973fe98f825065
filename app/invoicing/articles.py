"""The shop's product numbers as Fortnox takes them: deterministic, reversible, never two for one (junipeer.md L3).

First hit wins: (a) the tenant's own table; (b) unchanged, if legal and nothing in it looks like an escape; (c) every
illegal byte (UTF-8) and every `+` becomes `+hh`; (d) what is then too long is cut and ends in `+2d` and a hash. (b)
never holds `+hh`, and (c) never escapes the legal `-` (2d), so no two ways meet. (b) and (c) decode without any table.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

from app.model.finding import Finding
from app.model.order import Line
from app.tenants.rules import ArticleNumbers, ArticlePolicy, TenantRules

ARTICLE_NUMBER = re.compile(r"[A-Za-z0-9_\-/+]{1,50}")
"""What every source agrees Fortnox takes as article number: the intersection (junipeer.md L3)."""
_LONGEST = 50
_HASH_DIGITS = 16
"""64 bits: among a million numbers that are too long, two meet with a chance of one in thirty million."""
_CUT = "+2d"
"""An escape that (c) never makes: what follows is a hash."""
_ESCAPE = re.compile(rb"\+([0-9a-f]{2})")
_LOOKS_ESCAPED = re.compile(r"\+[0-9A-Fa-f]{2}")
_ILLEGAL = re.compile(rb"[^A-Za-z0-9_\-/]")
"""Bytes that (c) escapes; `+` is legal, but it begins an escape."""


def article_number(sku: str, table: Mapping[str, str]) -> str:
    """The Fortnox article number of a SKU that is not empty."""
    if sku in table:
        return table[sku]
    if ARTICLE_NUMBER.fullmatch(sku) and not _LOOKS_ESCAPED.search(sku):
        return sku
    raw = sku.encode(errors="surrogatepass")
    escaped = _ILLEGAL.sub(lambda match: b"+%02x" % match.group()[0], raw).decode("ascii")
    if len(escaped) <= _LONGEST:
        return escaped
    digest = hashlib.sha256(raw).hexdigest()[:_HASH_DIGITS]
    kept = escaped[: _LONGEST - len(_CUT) - _HASH_DIGITS]
    # Half an escape in front of the cut would be read together with it.
    return re.sub(r"\+[0-9a-f]?$", "", kept) + _CUT + digest


def sku_of(number: str, table: Mapping[str, str]) -> str | None:
    """The SKU a number was made of; None when only a table of long ones could tell (d), or we never make it."""
    for mapped_sku, mapped in table.items():
        if mapped == number:
            return mapped_sku
    sku = _unescaped(number)
    return sku if sku and article_number(sku, table) == number else None


def _unescaped(number: str) -> str | None:
    raw = _ESCAPE.sub(lambda match: bytes([int(match.group(1), 16)]), number.encode(errors="surrogatepass"))
    try:
        return raw.decode(errors="surrogatepass")
    except UnicodeError:
        return None


def numbers_on_rows(lines: Iterable[Line], rules: TenantRules) -> dict[str, str]:
    """SKU → article number of the rows of its lines, by the tenant's rules; a row without an article has none."""
    if rules.article_policy is ArticlePolicy.NONE:
        return {}
    skus = dict.fromkeys(line.sku for line in lines if line.sku)
    if rules.article_numbers is not ArticleNumbers.MAP:
        return {sku: sku for sku in skus}
    return {sku: article_number(sku, rules.article_table) for sku in skus}


def collisions(numbers: Mapping[str, str]) -> list[Finding]:
    """Different SKUs that would be one article in Fortnox: by a table that says so, or by a hash."""
    first: dict[str, str] = {}
    findings = []
    for sku, number in numbers.items():
        if first.setdefault(number, sku) != sku:
            data = {"article": number, "sku": sku, "other_sku": first[number]}
            findings.append(Finding("ARTICLE_NUMBERS_COLLIDE", number, data))
    return findings
