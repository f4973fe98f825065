"""The parts of the warehouse module that touch invoices: stock points and balances (fortnox-api.md 3.16)."""

from decimal import Decimal
from uuid import uuid4

from sandbox.fortnox.api import ApiCall, no_such_path
from sandbox.fortnox.company import Record
from sandbox.fortnox.errors import WebError
from sandbox.fortnox.money import ZERO
from sandbox.fortnox.wire import Document, Reply

_LONGEST = {"code": 10, "name": 25}


class Warehouse:
    """``/api/warehouse``. Without the module only its absence can be asked for."""

    def answer(self, call: ApiCall) -> Reply:
        """Answer a call."""
        if (call.method, call.parts) == ("GET", ("tenants-v4",)):
            return Reply(200, {"tenantId": call.company.tenant, "activated": call.company.config.warehouse})
        if not call.company.config.warehouse:
            raise WebError("not_activated", "The warehouse module is not activated", status=403)
        match call.method, call.parts:
            case "GET", ("status-v1", "stockbalance"):
                return Reply(200, _balances(call))
            case "GET", ("stockpoints-v1",):
                return Reply(200, _stock_points(call))
            case "POST", ("stockpoints-v1",):
                return _create_point(call)
            case "GET", ("stockpoints-v1", key):
                return Reply(200, _find_point(call, key).fields)
            case "PUT", ("stockpoints-v1", key):
                return _update_point(call, key)
            case "DELETE", ("stockpoints-v1", key):
                record = _find_point(call, key)
                del call.company.kind("stockpoints")[record.key]
                return Reply(200, record.fields)
            case _:
                raise no_such_path()


def reserved(call: ApiCall, article: str) -> Decimal:
    """Sum what orders in reservation hold of an article."""
    return sum(
        (
            Decimal(row["OrderedQuantity"])
            for order in call.company.kind("orders").values()
            if order.fields["DeliveryState"] == "reservation" and not order.fields["Cancelled"]
            for row in order.fields["OrderRows"]
            if row["ArticleNumber"] == article
        ),
        ZERO,
    )


def _balances(call: ApiCall) -> list[Document]:
    wanted = call.query.get("itemids")
    numbers = wanted.split(",") if wanted else None
    balances = []
    for article in call.company.kind("articles").values():
        if article.fields["StockGoods"] and (numbers is None or article.key in numbers):
            stock = Decimal(article.fields["QuantityInStock"])
            available = stock - reserved(call, article.key)
            balances.append(
                {"availableStock": available, "inStock": stock, "itemId": article.key, "stockPointCode": "HUVUD"}
            )
    return balances


def _stock_points(call: ApiCall) -> list[Document]:
    wanted, state = call.query.get("q", "").lower(), call.query.get("state", "ALL")
    return [
        point.fields
        for point in call.company.kind("stockpoints").values()
        if wanted in f"{point.fields['code']} {point.fields['name']}".lower()
        and (state == "ALL" or point.fields["active"] == (state == "ACTIVE"))
    ]


def _create_point(call: ApiCall) -> Reply:
    fields = _checked(call)
    if any(point.fields["code"] == fields["code"] for point in call.company.kind("stockpoints").values()):
        raise WebError("alreadyexists", "The stock point exists already")
    key = str(uuid4())
    record = call.company.add("stockpoints", key, {"active": True, "stockLocations": [], **fields, "id": key})
    return Reply(201, record.fields)


def _update_point(call: ApiCall, key: str) -> Reply:
    record = _find_point(call, key)
    record.fields.update(_checked(call), id=key)
    return Reply(200, record.fields)


def _checked(call: ApiCall) -> Document:
    body = call.body if isinstance(call.body, dict) else {}
    for name, longest in _LONGEST.items():
        value = body.get(name)
        if not isinstance(value, str) or not 1 <= len(value) <= longest:
            raise WebError("invalidfield", f"{name} must have 1 to {longest} characters")
    return dict(body)


def _find_point(call: ApiCall, key: str) -> Record:
    record = call.company.kind("stockpoints").get(key)
    if record is None:
        raise WebError("notfound", "The stock point was not found", status=404)
    return record
