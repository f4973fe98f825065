"""Prices: known by price list, article and from-quantity (fortnox-api.md 3.10)."""

from decimal import Decimal, InvalidOperation

from sandbox.fortnox.api import ApiCall, no_such_path
from sandbox.fortnox.company import Company, Record
from sandbox.fortnox.errors import FortnoxError, not_found, refused
from sandbox.fortnox.lists import Listing, list_records
from sandbox.fortnox.resources.price_finding import price_key
from sandbox.fortnox.schemas.registers import PRICE
from sandbox.fortnox.wire import Document, Reply

_STANDARD = "A"


class Prices:
    """The prices of all lists. That of list A from quantity 0 is the article's SalesPrice."""

    def __init__(self) -> None:
        self.listing = Listing("Prices", _row, search={"fromquantity": "FromQuantity"})

    def answer(self, call: ApiCall) -> Reply:
        """Answer a call; a price has three keys, so its paths differ from other resources."""
        match call.method, call.parts:
            case "POST", ():
                return self._create(call)
            case "GET", ("sublist", price_list, *rest) if len(rest) < 2:
                return self._list(call, price_list, rest[0] if rest else None)
            case "GET", (price_list, article, *rest) if len(rest) < 2:
                return Reply(200, _show(call, _find(call, price_list, article, *rest)))
            case "PUT", (price_list, article, *rest) if len(rest) < 2:
                return self._update(call, _find(call, price_list, article, *rest))
            case "DELETE", (price_list, article, quantity):
                return self._delete(call, _find(call, price_list, article, quantity))
            case _:
                raise no_such_path()

    def _list(self, call: ApiCall, price_list: str, article: str | None) -> Reply:
        if price_list not in call.company.kind("pricelists"):
            raise not_found(2000431, "Kan inte hitta prislistan.")
        records = [
            record
            for record in call.company.kind("prices").values()
            if record.fields["PriceList"] == price_list and article in {None, record.fields["ArticleNumber"]}
        ]
        return list_records(call, records, self.listing)

    def _create(self, call: ApiCall) -> Reply:
        company = call.company
        sent = call.sent("Price")
        if not sent.get("ArticleNumber"):
            raise FortnoxError(2001846, "Artikelnummer saknas.")
        fields = PRICE.blank() | PRICE.check(sent, creating=True)
        if fields["PriceList"] not in company.kind("pricelists"):
            raise FortnoxError(2000342, f"Prislistan {fields['PriceList']} finns inte.")
        if fields["ArticleNumber"] not in company.kind("articles"):
            raise FortnoxError(2001302, "Kunde inte hitta artikel")
        fields["FromQuantity"] = Decimal(fields["FromQuantity"])
        key = price_key(fields["PriceList"], fields["ArticleNumber"], fields["FromQuantity"])
        if key in company.kind("prices"):
            raise FortnoxError(2000517, "Priset finns redan.")
        fields["Date"] = company.clock.today().isoformat()
        record = company.add("prices", key, fields)
        _mirror(company, record, fields["Price"])
        return Reply(201, _show(call, record), location="prices")

    def _update(self, call: ApiCall, record: Record) -> Reply:
        fields = PRICE.check(call.sent("Price"), creating=False)
        changes = {name: value for name, value in fields.items() if name in {"Price", "Percent"}}
        record.fields.update(changes, Date=call.company.clock.today().isoformat())
        call.company.touch(record)
        _mirror(call.company, record, record.fields["Price"])
        return Reply(200, _show(call, record))

    def _delete(self, call: ApiCall, record: Record) -> Reply:
        del call.company.kind("prices")[record.key]
        _mirror(call.company, record, None)
        return Reply(204, None)


def _find(call: ApiCall, price_list: str, article: str, quantity: str = "0") -> Record:
    try:
        key = price_key(price_list, article, Decimal(quantity))
    except InvalidOperation:
        raise refused("A valid identifier was not provided.", 2000729) from None
    record = call.company.kind("prices").get(key)
    if record is None:
        raise not_found(2000430, "Kan inte hitta priset.")
    return record


def _mirror(company: Company, record: Record, price: Decimal | None) -> None:
    """Show the base price of the standard list on the article."""
    fields = record.fields
    article = company.kind("articles").get(fields["ArticleNumber"])
    if article is not None and fields["PriceList"] == _STANDARD and not fields["FromQuantity"]:
        article.fields["SalesPrice"] = price


def _row(call: ApiCall, record: Record) -> Document:
    return {"@url": call.url("prices", *record.key.split("/")), **record.fields}


def _show(call: ApiCall, record: Record) -> Document:
    return {"Price": _row(call, record)}
