"""Labels on documents (fortnox-api.md 3.10)."""

from sandbox.fortnox.api import ApiCall
from sandbox.fortnox.company import Record


def has_label(_call: ApiCall, record: Record, wanted: str) -> bool:
    """Tell whether a document carries a label, known by its id."""
    return any(isinstance(label, dict) and str(label.get("Id")) == wanted for label in record.fields["Labels"])
