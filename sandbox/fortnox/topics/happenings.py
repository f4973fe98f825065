"""Which events a call or a change of settings makes (fortnox-api.md 2.8).

Which exact word a singular has (``cost-center`` or ``costcenter``) is not documented for all: clients must read only
the topic and the verb.
"""

from collections.abc import Callable, Iterator
from typing import Any

Happening = tuple[str, str, str]
"""Topic, type, entity."""
Tell = Callable[[str, str, str], None]

# First path word → topic, singular, and the field that names the object.
_OBJECTS: dict[str, tuple[str, str, str]] = {
    "articles": ("articles", "article", "ArticleNumber"),
    "customers": ("customers", "customer", "CustomerNumber"),
    "invoices": ("invoices", "invoice", "DocumentNumber"),
    "orders": ("orders", "order", "DocumentNumber"),
    "currencies": ("currencies", "currency", "Code"),
    "costcenters": ("cost-centers", "cost-center", "Code"),
    "projects": ("projects", "project", "ProjectNumber"),
    "termsofpayments": ("termsofpayments", "termsofpayment", "Code"),
    "termsofdeliveries": ("termsofdeliveries", "termofdelivery", "Code"),
    "wayofdeliveries": ("waysofdeliveries", "wayofdelivery", "Code"),
    "accounts": ("financial-years", "account", "Number"),
    "financialyears": ("financial-years", "financial-year", "Id"),
}
_VERSION = {"customer-updated": "v2"}
_ACTIONS = {
    ("invoices", "bookkeep"): "bookkeep",
    ("invoices", "cancel"): "cancelled",
    ("orders", "cancel"): "cancelled",
}
_SILENT = {"preview", "print", "printreminder", "eprint"}


def happenings(name: str, method: str, parts: tuple[str, ...], body: Any) -> Iterator[Happening]:  # noqa: ANN401
    """Say what a call that succeeded made happen. ``body`` is the answer."""
    if method == "GET":
        return
    if name == "invoicepayments":
        yield from _payment(method, parts)
    elif name == "vouchers" and method == "POST":
        voucher = body["Voucher"]
        yield "vouchers", "voucher-created-v1", f"{voucher['VoucherSeries']}{voucher['VoucherNumber']}"
    elif name in _OBJECTS:
        yield from _object(name, method, parts, body)


def _payment(method: str, parts: tuple[str, ...]) -> Iterator[Happening]:
    if method == "DELETE":
        yield "invoices", "invoicepayment-deleted-v1", parts[0]
    elif parts[1:] == ("bookkeep",):
        yield "invoices", "invoicepayment-bookkeep-v1", parts[0]


def _object(name: str, method: str, parts: tuple[str, ...], body: Any) -> Iterator[Happening]:  # noqa: ANN401
    _topic, _word, key = _OBJECTS[name]
    shown = next(iter(body.values())) if isinstance(body, dict) and body else {}
    match method, parts:
        case "POST", ():
            yield register_change(name, "created", str(shown[key]))
        case "PUT", (entity,):
            yield register_change(name, "updated", entity)
        case "DELETE", (entity,):
            yield register_change(name, "deleted", entity)
        case _, (entity, action) if action not in _SILENT:
            yield register_change(name, _ACTIONS.get((name, action), "updated"), entity)
            made = shown.get("CreditInvoiceReference") if action == "credit" else None
            if action == "credit":
                yield register_change(name, "created", str(shown[key] if str(shown[key]) != entity else made))
        case _:
            return


def register_change(name: str, verb: str, entity: str) -> Happening:
    """Name the event for a change of one object."""
    topic, word, _key = _OBJECTS[name]
    return topic, f"{word}-{verb}-{_VERSION.get(f'{word}-{verb}', 'v1')}", entity


def tells(name: str) -> bool:
    """Tell whether changes of a register are told at all."""
    return name in _OBJECTS


def nobody(_topic: str, _type: str, _entity: str) -> None:
    """Tell nobody."""
