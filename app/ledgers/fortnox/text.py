"""Text as Fortnox takes it: its character set and lengths (fortnox-api.md 2.3), meaning kept as far as it goes."""

from __future__ import annotations

import re
import unicodedata

_ALLOWED_SIGNS = frozenset("0123456789’\\\u0308\u030a –:.`´,;^¤#%§£$€¢¥©™°&/()=+-*_!?²³®½@\u00a0\n\r")
"""Besides letters of any alphabet. Digits of other scripts, ① and Ⅷ are no letters to Fortnox."""
_REPLACEMENTS = str.maketrans(
    {
        "'": "’",
        "\u2018": "’",
        '"': "’’",
        "”": "’’",
        "“": "’’",
        "„": "’’",
        "[": "(",
        "]": ")",
        "{": "(",
        "}": ")",
        "<": "(",
        ">": ")",
        "|": "/",
        "~": "-",
    }
    | {"\t": " ", "\u2014": "–", "\u2026": "..."}
)


def clean(text: str, limit: int) -> str:
    """Characters that Fortnox refuses are replaced by their nearest likeness or left out; then cut to `limit`."""
    composed = unicodedata.normalize("NFC", text).translate(_REPLACEMENTS)
    allowed = "".join(char for char in composed if char.isalpha() or char in _ALLOWED_SIGNS)
    # Composed once more: a letter and its dots may have stood apart by something that was left out.
    tidy = re.sub(r" {2,}", " ", unicodedata.normalize("NFC", allowed)).strip()
    return tidy if len(tidy) <= limit else tidy[: limit - 3].rstrip() + "..."


def described(text: str, limit: int, otherwise: str) -> str:
    """As `clean`, or another word where no letter or digit is left ("🌸 (🌸)" would be "()")."""
    tidy = clean(text, limit)
    return tidy if any(char.isalnum() for char in tidy) else otherwise
