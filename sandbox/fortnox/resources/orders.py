"""Orders: create, show, list, update (fortnox-api.md 3.3); their actions are in `order_actions`."""

from sandbox.fortnox.api import ApiCall, Collection
from sandbox.fortnox.company import Record
from sandbox.fortnox.errors import FortnoxError, not_found, refused
from sandbox.fortnox.lists import Listing, list_records
from sandbox.fortnox.resources import order_actions
from sandbox.fortnox.resources.document_draft import add_up, complete_head, find_customer
from sandbox.fortnox.resources.document_rows import merge_rows, read_rows
from sandbox.fortnox.resources.guards import check_unlocked
from sandbox.fortnox.resources.labelling import has_label
from sandbox.fortnox.resources.order_documents import new_order, show_order
from sandbox.fortnox.resources.stock import held_by, take_out
from sandbox.fortnox.schemas.document import ORDER_SHAPE
from sandbox.fortnox.schemas.order import ORDER, ORDER_LIST, ORDER_SEARCH, ORDER_TEXTS
from sandbox.fortnox.wire import Document, Reply

_LOCKED = "Order som sparas får inte ha en faktura genererad från sig och innehålla ändringar på värden som är låsta"


class Orders(Collection):
    """Orders. One invoice per order; partial delivery leaves the rest un-invoiced."""

    def __init__(self) -> None:
        names = {name.lower(): name for name in ORDER.fields}
        self.listing = Listing(
            "Orders",
            _row,
            search={name: names[name] for name in ORDER_SEARCH},
            tests={"label": has_label},
            filters={
                "cancelled": lambda _call, record: bool(record.fields["Cancelled"]),
                "expired": _is_expired,
                "invoicecreated": lambda _call, record: record.fields["InvoiceReference"] != "0",
                "invoicenotcreated": _is_open,
            },
            sorts={n: names[n] for n in ["customername", "customernumber", "orderdate", "documentnumber", "total"]},
            date_field="OrderDate",
        )

    def list(self, call: ApiCall) -> Reply:
        """List orders in order of creation."""
        return list_records(call, call.company.kind("orders").values(), self.listing)

    def create(self, call: ApiCall) -> Reply:
        """Create an order."""
        body = call.sent("Order")
        if not body.get("CustomerNumber"):
            raise refused("Kunde inte hämta/hitta kund (kundnummer)", 2000204)
        sent = ORDER.check(body, creating=True, refuse_read_only=call.switches.refuse_read_only_fields)
        rows = read_rows(call, ORDER_SHAPE, sent.pop("OrderRows", []))
        return Reply(201, show_order(call, new_order(call, sent, rows)), location="orders")

    def get(self, call: ApiCall, key: str) -> Reply:
        """Show an order."""
        return Reply(200, show_order(call, _find(call, key)))

    def update(self, call: ApiCall, key: str) -> Reply:
        """Change an order; after its invoice only texts."""
        record = _find(call, key)
        sent = ORDER.check(call.sent("Order"), creating=False, refuse_read_only=call.switches.refuse_read_only_fields)
        if str(sent.pop("DocumentNumber", key)) != key:
            raise refused("Ordernumret kan inte ändras.")
        _check_changeable(call, record, sent)
        rows = record.fields["OrderRows"]
        if "OrderRows" in sent:
            rows = merge_rows(rows, read_rows(call, ORDER_SHAPE, sent.pop("OrderRows")))
        # Work on a copy: a refused update leaves the order as it was.
        order = record.fields | sent
        customer = find_customer(call.company, order["CustomerNumber"])
        complete_head(call, order, sent, ORDER_SHAPE)
        add_up(call, order, customer, [dict(row) for row in rows], ORDER_SHAPE, held_by(record))
        record.fields = order
        if order["InvoiceReference"] == "0":
            take_out(call.company, record, order["OrderRows"])
        call.company.touch(record)
        return Reply(200, show_order(call, record))

    def act(self, call: ApiCall, key: str, action: str) -> Reply:
        """Do an action, e.g. createinvoice."""
        shown = order_actions.act(call, _find(call, key), action)
        return shown if isinstance(shown, Reply) else Reply(200, show_order(call, shown))


def _find(call: ApiCall, key: str) -> Record:
    record = call.company.kind("orders").get(key)
    if record is None:
        raise not_found(2000439, "Kan inte hitta ordern.")
    return record


def _check_changeable(call: ApiCall, record: Record, sent: Document) -> None:
    order = record.fields
    if order["Cancelled"]:
        raise refused("Ordern är makulerad och kan inte ändras.")
    changes = {name for name, value in sent.items() if order[name] != value}
    if order["InvoiceReference"] != "0" and changes - ORDER_TEXTS:
        raise FortnoxError(2001242, _LOCKED)
    check_unlocked(call, record, changes)


def _is_open(_call: ApiCall, record: Record) -> bool:
    return record.fields["InvoiceReference"] == "0" and not record.fields["Cancelled"]


def _is_expired(call: ApiCall, record: Record) -> bool:
    """Tell whether delivery is overdue; what the filter really looks at is not documented."""
    today = call.company.clock.today().isoformat()
    return _is_open(call, record) and bool(record.fields["DeliveryDate"]) and record.fields["DeliveryDate"] < today


def _row(call: ApiCall, record: Record) -> Document:
    return {"@url": call.url("orders", record.key), **{name: record.fields[name] for name in ORDER_LIST}}
