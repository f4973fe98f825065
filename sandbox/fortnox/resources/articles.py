"""Articles (fortnox-api.md 3.2)."""

from decimal import Decimal

from sandbox.fortnox.api import ApiCall, Collection, in_use
from sandbox.fortnox.books.chart import RATE_OF_CODE
from sandbox.fortnox.company import Company, Record
from sandbox.fortnox.errors import FortnoxError, not_found, refused
from sandbox.fortnox.lists import Listing, list_records
from sandbox.fortnox.money import plain
from sandbox.fortnox.resources.references import check_unit
from sandbox.fortnox.schemas.article import ARTICLE, ARTICLE_ROW, ARTICLE_ROW_TEXTS, ARTICLE_SEARCH
from sandbox.fortnox.wire import Document, Reply

_ACCOUNT_WORDS = {
    "PurchaseAccount": "Inköpskonto",
    "SalesAccount": "Försäljningskonto",
    "ConstructionAccount": "Försäljningskonto omvänd skattskyldighet",
    "EUAccount": "Försäljningskonto EU",
    "EUVATAccount": "Försäljningskonto EU moms",
    "ExportAccount": "Försäljningskonto export",
}


class Articles(Collection):
    """The article register. Accounts are checked on update but not on create (fortnox-api.md 4 #26)."""

    def __init__(self) -> None:
        names = {name.lower(): name for name in ARTICLE.fields} | {"webshop": "WebshopArticle"}
        self.listing = Listing(
            "Articles",
            _row,
            search={name: names[name] for name in ARTICLE_SEARCH},
            filters={
                "active": lambda _call, record: bool(record.fields["Active"]),
                "inactive": lambda _call, record: not record.fields["Active"],
            },
            sorts={n: names[n] for n in ("articlenumber", "quantityinstock", "reservedquantity", "stockvalue")},
        )

    def list(self, call: ApiCall) -> Reply:
        """List articles in order of creation."""
        return list_records(call, call.company.kind("articles").values(), self.listing)

    def create(self, call: ApiCall) -> Reply:
        """Create an article; the next number of the series when none is sent."""
        company = call.company
        fields = _check(call, creating=True)
        taken = company.kind("articles")
        number = str(fields.get("ArticleNumber") or max((int(n) for n in taken if n.isdigit()), default=0) + 1)
        if number in taken:
            raise FortnoxError(2000013, f'Artikelnummer "{number}" används redan.')
        fields = ARTICLE.blank() | {"SalesAccount": company.predefined_account("SALES")} | fields
        if "VAT" not in call.sent("Article"):
            fields["VAT"] = _rate_of(company, fields["SalesAccount"])
        record = company.add("articles", number, fields | {"ArticleNumber": number})
        return Reply(201, _show(call, record), location="articles")

    def get(self, call: ApiCall, key: str) -> Reply:
        """Show an article."""
        return Reply(200, _show(call, _find(call, key)))

    def update(self, call: ApiCall, key: str) -> Reply:
        """Change what is sent; refused if any account of the article is not in the chart."""
        record = _find(call, key)
        fields = _check(call, creating=False)
        if fields.pop("ArticleNumber", key) != key:
            raise refused("Artikelnumret kan inte ändras.")
        merged = record.fields | fields
        chart = call.company.accounts[call.company.preselected_year().id]
        for name, word in _ACCOUNT_WORDS.items():
            if merged[name] and merged[name] not in chart:
                raise refused(f'Artikel: {word} inte uppdaterat. Kontot "{merged[name]}" existerar inte. ({name})')
        record.fields.update(fields)
        call.company.touch(record)
        return Reply(200, _show(call, record))

    def delete(self, call: ApiCall, key: str) -> Reply:
        """Delete an article that no document uses."""
        _find(call, key)
        documents = [(record, "InvoiceRows") for record in call.company.kind("invoices").values()]
        documents += [(record, "OrderRows") for record in call.company.kind("orders").values()]
        if any(row["ArticleNumber"] == key for record, rows in documents for row in record.fields[rows]):
            raise in_use(call, "Artikeln används och kan inte tas bort.")
        del call.company.kind("articles")[key]
        return Reply(204, None)


def _find(call: ApiCall, key: str) -> Record:
    record = call.company.kind("articles").get(key)
    if record is None:
        raise not_found(2000428, "Kan inte hitta artikeln.")
    return record


def _check(call: ApiCall, *, creating: bool) -> Document:
    sent = call.sent("Article")
    if sent.get("SalesPrice") is not None:
        raise FortnoxError(2000321, "Fältet är skrivskyddat (SalesPrice)")
    fields = ARTICLE.check(sent, creating=creating, refuse_read_only=call.switches.refuse_read_only_fields)
    check_unit(call.company, fields.get("Unit"))
    _check_number(call, fields.get("ArticleNumber"))
    return fields


def _check_number(call: ApiCall, number: str | None) -> None:
    """Hold the article number's length and signs, about which sources disagree (fortnox-api.md 2.3 and 7.10)."""
    longest = call.switches.article_number_length
    if number is not None and len(number) > longest:
        raise FortnoxError(2000107, f"Värdet är för långt, högst {longest} tecken (ArticleNumber)")
    if number is not None and call.switches.article_number_signs == "alphanumeric" and not number.isalnum():
        raise FortnoxError(2000106, f"Värdet måste vara alfanumeriskt ({number})")


def _rate_of(company: Company, account: int) -> Decimal:
    """Read the VAT rate off an account's VAT code; none when the company is not registered for VAT."""
    record = company.accounts[company.preselected_year().id].get(account)
    if record is None or not company.config.tax_enabled:
        return Decimal(0)
    return Decimal(RATE_OF_CODE.get(record.fields["VATCode"], 0))


def _show(call: ApiCall, record: Record) -> Document:
    return {"Article": {"@url": call.url("articles", record.key), **record.fields}}


def _row(call: ApiCall, record: Record) -> Document:
    fields = record.fields | {"VAT": None}
    row = {name: plain(Decimal(fields[name])) if name in ARTICLE_ROW_TEXTS else fields[name] for name in ARTICLE_ROW}
    return {"@url": call.url("articles", record.key), **row}
