"""Making the emulator's company like the recorded one, from nothing but the recording.

What the answer shows must have been there: the object named in the path, the rows of a list, the customer and the
articles that a document names, and in a number series the number before. It is made by ordinary calls: first the
least that a create needs, then an update of what still differs. So what Fortnox derives by itself (OCR, due date,
sums, names) is derived by the emulator too, and not copied from the answer that is to be compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from sandbox.fidelity.recordings import Recording
from sandbox.fortnox.fields import Schema
from sandbox.fortnox.schemas import registers
from sandbox.fortnox.schemas.article import ARTICLE
from sandbox.fortnox.schemas.customer import CUSTOMER
from sandbox.fortnox.schemas.invoice import INVOICE, INVOICE_ROW
from sandbox.fortnox.schemas.order import ORDER, ORDER_ROW

Fields = dict[str, Any]
TENANT = 1234567


class Ask(Protocol):
    """Makes one call to the emulator and gives the object in its envelope."""

    def __call__(self, method: str, path: str, root: str, fields: Fields | None = None) -> Fields:
        """Call. Writes; raises when refused."""


@dataclass(frozen=True)
class Shape:
    """What a resource needs to be made. ``least`` are the fields that a create is sent at once."""

    root: str
    schema: Schema
    key: str
    least: tuple[str, ...]
    rows: str = ""
    row: Schema | None = None
    setting: str = ""


_DOCUMENT = ("DocumentNumber", "CustomerNumber")
SHAPES: Mapping[str, Shape] = {
    "customers": Shape("Customer", CUSTOMER, "CustomerNumber", ("CustomerNumber", "Name")),
    "articles": Shape("Article", ARTICLE, "ArticleNumber", ("ArticleNumber", "Description")),
    "invoices": Shape("Invoice", INVOICE, "DocumentNumber", (*_DOCUMENT, "InvoiceDate"), "InvoiceRows", INVOICE_ROW),
    "orders": Shape("Order", ORDER, "DocumentNumber", (*_DOCUMENT, "OrderDate"), "OrderRows", ORDER_ROW),
    "units": Shape("Unit", registers.UNIT, "Code", ("Code", "Description"), setting="units"),
    "termsofpayments": Shape(
        "TermsOfPayment", registers.TERMS_OF_PAYMENT, "Code", ("Code", "Description"), setting="terms_of_payment"
    ),
    "termsofdeliveries": Shape(
        "TermsOfDelivery", registers.TERMS_OF_DELIVERY, "Code", ("Code", "Description"), setting="terms_of_delivery"
    ),
    "wayofdeliveries": Shape(
        "WayOfDelivery", registers.WAY_OF_DELIVERY, "Code", ("Code", "Description"), setting="ways_of_delivery"
    ),
    "costcenters": Shape("CostCenter", registers.COST_CENTER, "Code", ("Code", "Description"), setting="cost_centers"),
    "projects": Shape(
        "Project", registers.PROJECT, "ProjectNumber", ("ProjectNumber", "Description"), setting="projects"
    ),
}
# A document's field → the customer's, where they differ in name.
_CUSTOMER_OF = {"CustomerName": "Name", "CustomerNumber": "CustomerNumber"}
_FROM_CUSTOMER = """
Address1 Address2 City ZipCode Phone1 Phone2 DeliveryAddress1 DeliveryAddress2 DeliveryCity DeliveryName DeliveryZipCode
OurReference YourReference OrganisationNumber
"""
# Objects inside objects: their defaults are the emulator's to know.
_NESTED = frozenset({"EmailInformation", "EDIInformation", "DefaultDeliveryTypes", "DefaultTemplates", "Labels"})
_ACTIONS = (("Sent", "externalprint"), ("Booked", "bookkeep"), ("Cancelled", "cancel"))


def company_of(recording: Recording) -> dict[str, Any]:
    """Derive the company's settings: its years, whether it is registered for VAT, and registers that a list shows."""
    objects = recording.listed or [recording.found]
    days = [
        object_[name]
        for object_ in objects
        for name in ("InvoiceDate", "OrderDate", "TransactionDate")
        if name in object_
    ]
    years = sorted({recording.moment.year, *(int(day[:4]) for day in days)})
    config: dict[str, Any] = {
        "database_number": TENANT,
        "years": [{"from_date": f"{year}-01-01", "to_date": f"{year}-12-31"} for year in years],
        "tax_enabled": not _sells_without_vat(objects),
    }
    shape = SHAPES.get(recording.resource)
    if shape is not None and shape.setting and recording.listed is not None:
        config[shape.setting] = {}
    return config


def _sells_without_vat(objects: list[Fields]) -> bool:
    """Tell whether rows show 0 % without a VAT code on an account that carries VAT in every chart."""
    rows = [row for object_ in objects for name in ("InvoiceRows", "OrderRows") for row in object_.get(name) or ()]
    return any(row["AccountNumber"] == 3001 and not row["VAT"] and not row.get("VATCode") for row in rows)


def prepare(ask: Ask, recording: Recording) -> None:
    """Make what the recording presupposes."""
    shape = SHAPES.get(recording.resource)
    if shape is None or recording.status in {401, 404}:
        return
    sent = recording.body.get(shape.root, {}) if isinstance(recording.body, dict) else {}
    if recording.method == "POST":
        _prepare_references(ask, shape, sent, recording.found)
        _prepare_series(ask, recording, shape, sent)
    elif recording.listed is not None:
        _prepare_list(ask, recording, shape)
    elif recording.found:
        before = {name: value for name, value in recording.found.items() if name not in sent}
        if shape.least[-1] in sent:
            before[shape.least[-1]] = "A value"
        _make(ask, recording.resource, shape, before)


def rebuild_body(recording: Recording) -> Any:  # noqa: ANN401  any JSON
    """Rebuild the body that the recorder masked: what the answer shows and is no default."""
    shape = SHAPES[recording.resource]
    found = recording.found
    fields = {name: found[name] for name in shape.least[1:] if name in found}
    if shape.row is not None:
        fields[shape.rows] = [_own(shape.row, row) for row in found[shape.rows]]
    return {shape.root: fields}


def _prepare_references(ask: Ask, shape: Shape, sent: Fields, found: Fields) -> None:
    """Make the customer and the articles that a new document names, as the answer shows them."""
    if not shape.rows:
        return
    document = found or sent
    _make_customer(ask, {name: value for name, value in document.items() if name not in sent} | _number(document))
    asked = sent.get(shape.rows) or []
    for index, row in enumerate(document.get(shape.rows) or asked):
        if row.get("ArticleNumber"):
            wanted = asked[index] if index < len(asked) else {}
            _make_article(ask, {name: value for name, value in row.items() if name not in wanted} | _article(row))


def _number(document: Fields) -> Fields:
    return {"CustomerNumber": document["CustomerNumber"]}


def _article(row: Fields) -> Fields:
    return {"ArticleNumber": row["ArticleNumber"]}


def _prepare_series(ask: Ask, recording: Recording, shape: Shape, sent: Fields) -> None:
    """Move the number series on, so that the new object gets the recorded number."""
    number = str(recording.found.get(shape.key, ""))
    if not number.isdigit() or shape.key in sent or number == "1":
        return
    filler = {"Name": "A value", "Description": "A value", **(_number(recording.found) if shape.rows else {})}
    fields = {name: filler[name] for name in shape.least if name in filler} | {shape.key: str(int(number) - 1)}
    ask("POST", recording.resource, shape.root, fields)


def _prepare_list(ask: Ask, recording: Recording, shape: Shape) -> None:
    rows = recording.listed or []
    for row in rows:
        _make(ask, recording.resource, shape, row)
    total = recording.answer["MetaInformation"]["@TotalResources"]
    for _ in range(len(rows), total):
        filler = {name: "A value" for name in shape.least if name != shape.key}
        ask("POST", recording.resource, shape.root, filler)


def _make(ask: Ask, resource: str, shape: Shape, fields: Fields) -> None:
    """Make an object: the least first, then what differs, then what was done to it."""
    if shape.rows:
        _make_customer(ask, fields)
        for row in fields.get(shape.rows) or ():
            if row["ArticleNumber"]:
                _make_article(ask, row)
    least = {name: fields[name] for name in shape.least if fields.get(name)}
    if shape.row is not None and shape.rows in fields:
        least[shape.rows] = [_own(shape.row, row) for row in fields[shape.rows]]
    made = ask("POST", resource, shape.root, least)
    path = f"{resource}/{fields[shape.key]}"
    recorded = {name: _typed(shape, name, value) for name, value in fields.items() if not _is_unset(value)}
    wanted = {
        name: value
        for name, value in recorded.items()
        if name in made and made[name] != value and _is_writable(shape, name)
    }
    if wanted:
        ask("PUT", path, shape.root, wanted)
    for name, action in _ACTIONS:
        if fields.get(name) is True:
            ask("PUT", f"{path}/{action}", shape.root)


def _is_unset(value: Any) -> bool:  # noqa: ANN401  any JSON
    return value is None or value == ""


def _typed(shape: Shape, name: str, value: Any) -> Any:  # noqa: ANN401  any JSON
    """Give a value its type: lists show numbers as texts."""
    field = shape.schema.fields.get(name)
    is_number = field is not None and field.kind in {"number", "quantity"}
    return Decimal(value) if is_number and isinstance(value, str) else value


def _is_writable(shape: Shape, name: str) -> bool:
    field = shape.schema.fields.get(name)
    return field is not None and field.access == "write" and name not in _NESTED and name != shape.rows


def _make_customer(ask: Ask, document: Fields) -> None:
    """Make a document's customer, with what a document takes from it; once."""
    fields = {_CUSTOMER_OF.get(name, name): document.get(name) for name in (*_CUSTOMER_OF, *_FROM_CUSTOMER.split())}
    kept = {name: value for name, value in fields.items() if value}
    _make_once(ask, "customers", "Customer", kept["CustomerNumber"], {"Name": "A customer"} | kept)


def _make_article(ask: Ask, row: Fields) -> None:
    fields = {"ArticleNumber": row["ArticleNumber"], "Description": row.get("Description") or "An article"}
    if row.get("AccountNumber"):
        fields["SalesAccount"] = row["AccountNumber"]
    _make_once(ask, "articles", "Article", row["ArticleNumber"], fields)


def _make_once(ask: Ask, resource: str, root: str, key: str, fields: Fields) -> None:
    try:
        ask("GET", f"{resource}/{key}", root)
    except RefusedError:
        ask("POST", resource, root, fields)


def _own(schema: Schema, fields: Fields) -> Fields:
    """Take from an object what a client may write and what is no default."""
    blank = schema.blank()
    return {
        name: value
        for name, value in fields.items()
        if name in blank
        and schema.fields[name].access == "write"
        and name not in {"RowId", "VATCode"}
        and not _is_unset(value)
        and value != blank[name]
    }


def seconds_until(recording: Recording, now: datetime) -> float:
    """Give the offset that puts the emulator's clock at the recorded moment."""
    return (recording.moment - now).total_seconds()


class RefusedError(Exception):
    """A call of the preparation was refused."""

    def __init__(self, call: str, answer: str) -> None:
        super().__init__(f"{call}: {answer}")
