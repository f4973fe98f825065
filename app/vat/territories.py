"""Where goods go, as VAT law sees it: some places lie outside the VAT area of the country they belong to.

Source: accounting.md 2.3 (Finnish customs, Skatteverket 430958); what only general knowledge gives is marked (G).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

EU_COUNTRIES = frozenset(
    """AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK""".split()  # noqa: SIM905
)
"""Member states (ISO 3166-1); special territories are looked at by postcode before this set."""


class Area(StrEnum):
    """The three areas that matter to a Swedish seller: Sweden, the EU, the rest."""

    SWEDEN = "sweden"
    EU = "eu"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Territory:
    """A place: its area, and the country (or part of one) whose rates are legal there."""

    area: Area
    country: str
    """What OSS reports and customs name: FR for Monaco, XI for Northern Ireland, GB for the Isle of Man."""
    rates_of: str
    """Key of the rate table; another than `country` where a part of it has rates of its own (Azores)."""


_BY_CODE = {"MC": "FR", "IM": "GB"}
"""Places with a code of their own that count as another country."""

_BY_POSTCODE: tuple[tuple[str, str, str], ...] = (
    ("FI", r"22\d{3}", "AX"),
    ("ES", r"(35|38)\d{3}", "IC"),
    ("ES", r"5[12]\d{3}", "EA"),
    ("IT", r"23041", "outside:Livigno"),
    ("IT", r"22061", "outside:Campione"),
    ("IT", r"4789\d", "SM"),  # (G)
    ("IT", r"00120", "VA"),  # (G)
    ("DE", r"78266", "outside:Büsingen"),
    ("DE", r"27498", "outside:Helgoland"),
    ("GR", r"6308[67]", "outside:Athos"),
    ("FR", r"980\d\d", "MC"),
    ("FR", r"9[78]\d{3}", "outside:Outre-mer"),  # 971–974 and 976 (R); the rest of 97 and 98 (G)
    ("PT", r"9[5-9]\d{2}.*", "part:PT-20"),
    ("PT", r"9[0-4]\d{2}.*", "part:PT-30"),
    ("FR", r"20\d{3}", "part:FR-20"),  # Corsica (G)
    ("GR", r"81[1-3]\d{2}|82[12]\d{2}|83[12]\d{2}|853\d{2}|854\d{2}", "part:GR-A"),  # (G)
    ("GR", r"81[45]\d{2}|83[34]\d{2}|850\d{2}|8511[01]|85[25-9]\d{2}|68002", "part:GR-B"),  # (G)
    ("AT", r"6691|699[123]", "part:AT-19"),
    ("GB", r"BT.*", "XI"),
    ("GB", r"IM.*", "IM"),  # (G)
    ("GB", r"JE.*", "JE"),  # (G)
    ("GB", r"GY.*", "GG"),  # (G)
)
"""Country and postcode → a code, `outside:` a place that has none, or `part:` a key of the rate table.

The Aegean islands: Lesbos, Chios, Samos, Kos and Leros (GR-A); since 2026 also those with up to 20,000 inhabitants in
the North Aegean, the Dodecanese and Samothrace (GR-B; circular AADE E.2113/2025). The law names islands, not postcodes.
"""


def territory(country: str, postcode: str) -> Territory:
    """The place an address lies in."""
    code = country
    for of, pattern, means in _BY_POSTCODE:
        if of == country and re.fullmatch(pattern, _plain(country, postcode)):
            kind, _, part = means.partition(":")
            if kind == "outside":
                return Territory(Area.OUTSIDE, country, "")
            if kind == "part":
                return Territory(Area.EU, country, part)
            code = means
            break
    code = _BY_CODE.get(code, code)
    if code == "SE":
        return Territory(Area.SWEDEN, code, code)
    # Northern Ireland is EU for goods, and goods are all this product books (accounting.md 2.2, row 11).
    inside = code in EU_COUNTRIES or code == "XI"
    return Territory(Area.EU if inside else Area.OUTSIDE, code, code)


def _plain(country: str, postcode: str) -> str:
    """Without spaces, hyphens and a country's letter in front (FI-22100, D 78266); British ones begin with letters."""
    bare = re.sub(r"[^A-Z0-9]", "", postcode.upper())
    return bare if country == "GB" else bare.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
