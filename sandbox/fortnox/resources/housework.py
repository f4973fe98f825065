"""House-work rows: what Fortnox refuses, as recorded (fortnox-api.md 3.0, 4 #21 and 5)."""

from sandbox.fortnox.company import Record
from sandbox.fortnox.errors import FortnoxError, refused
from sandbox.fortnox.wire import Document

_TYPES_OF = {
    "rot": "CONSTRUCTION ELECTRICITY GLASSMETALWORK GROUNDDRAINAGEWORK MASONRY PAINTINGWALLPAPERING HVAC",
    "rut": "MAJORAPPLIANCEREPAIR MOVINGSERVICES ITSERVICES CLEANING TEXTILECLOTHING SNOWPLOWING GARDENING BABYSITTING "
    "OTHERCARE HOMEMAINTENANCE FURNISHING TRANSPORTATIONSERVICES WASHINGANDCAREOFCLOTHING",
    "green": "SOLARCELLS STORAGESELFPRODUCEDELECTRICITY CHARGINGSTATIONELECTRICVEHICLE",
}
_OTHER_COSTS, _NONE = "OTHERCOSTS", "EMPTYHOUSEWORK"
_ENDED = frozenset({"COOKING", "TUTORING"})
_ALLOWED = {reduction: frozenset(types.split()) for reduction, types in _TYPES_OF.items()}
_KNOWN = frozenset({_OTHER_COSTS, _NONE}).union(_ENDED, *_ALLOWED.values())


def with_housework(row: Document, article: Record | None, reduction: str) -> Document:
    """Let a row inherit the article's type, which it cannot override, and refuse what does not go together."""
    inherited = article.fields["HouseworkType"] if article is not None and article.fields["Housework"] else None
    if inherited:
        row = row | {"HouseWork": True, "HouseWorkType": inherited}
    kind = row["HouseWorkType"]
    if kind is not None and kind not in _KNOWN:
        raise refused(f"Ogiltigt värde (HouseWorkType: {kind})")
    if not row["HouseWork"] or kind in {None, _NONE}:
        return row
    if kind == _OTHER_COSTS:
        raise FortnoxError(2002980, "Kan inte sätta typen övrig kostnad på en rad markerad som husarbete.")
    if kind in _ENDED:
        raise FortnoxError(2003157, "Skattereduktion för den valda typen av husarbete har upphört.")
    if kind not in _ALLOWED.get(reduction, ()):
        text = (
            f"Dokument med skattereduktionstypen '{reduction}' får inte innehålla rader med husarbetestypen '{kind}'."
        )
        raise FortnoxError(2004021, text)
    return row
