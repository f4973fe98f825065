"""Labels, tax reductions and the EU VAT limit: what documents may point at (fortnox-api.md 3.10, 3.12, 3.13)."""

from decimal import Decimal

from sandbox.fortnox.api import ApiCall, Collection, no_such_path
from sandbox.fortnox.company import Record
from sandbox.fortnox.errors import UNKNOWN_CODE, FortnoxError, not_found, refused, wrong_parameter
from sandbox.fortnox.lists import Listing, list_records
from sandbox.fortnox.money import HUNDRED
from sandbox.fortnox.schemas.registers import LABEL, TAX_REDUCTION
from sandbox.fortnox.wire import Document, Reply

# Sales to consumers in other EU countries below which Swedish VAT may be charged, in kronor (2026).
_EU_LIMIT = 99_680
_KIND_OF_FILTER = {"invoices": "INVOICE", "orders": "ORDER", "offers": "OFFER"}
_DOCUMENTS_OF = {"INVOICE": "invoices", "ORDER": "orders"}


class Labels(Collection):
    """Labels for documents, numbered; there is no way to read a single one."""

    def list(self, call: ApiCall) -> Reply:
        """List the labels."""
        return list_records(call, call.company.kind("labels").values(), Listing("Labels", lambda _, one: one.fields))

    def create(self, call: ApiCall) -> Reply:
        """Add a label."""
        fields = LABEL.check(call.sent("Label"), creating=True)
        number = max((int(key) for key in call.company.kind("labels")), default=0) + 1
        record = call.company.add("labels", str(number), fields | {"Id": number})
        return Reply(201, {"Label": record.fields}, location="labels")

    def update(self, call: ApiCall, key: str) -> Reply:
        """Rename a label."""
        record = self._find(call, key)
        record.fields.update(LABEL.check(call.sent("Label"), creating=False), Id=int(key))
        return Reply(200, {"Label": record.fields})

    def delete(self, call: ApiCall, key: str) -> Reply:
        """Remove a label."""
        self._find(call, key)
        del call.company.kind("labels")[key]
        return Reply(204, None)

    def _find(self, call: ApiCall, key: str) -> Record:
        record = call.company.kind("labels").get(key)
        if record is None:
            raise not_found(UNKNOWN_CODE, "Kan inte hitta etiketten.")
        return record


class TaxReductions(Collection):
    """Applications for house-work tax reductions, beside the document they belong to."""

    def list(self, call: ApiCall) -> Reply:
        """List those of one kind of document, or of one document."""
        wanted = call.query.get("filter")
        if wanted is not None and wanted not in _KIND_OF_FILTER:
            raise FortnoxError(2000587, "Ett ogiltigt filter har använts.")
        records = [
            record
            for record in call.company.kind("taxreductions").values()
            if wanted is None or record.fields["ReferenceDocumentType"] == _KIND_OF_FILTER[wanted]
        ]
        listing = Listing(
            "TaxReductions",
            _tax_row,
            search={"referencenumber": "ReferenceNumber"},
            filters=dict.fromkeys(_KIND_OF_FILTER, lambda _call, _record: True),
            exact=frozenset({"referencenumber"}),
        )
        return list_records(call, records, listing)

    def create(self, call: ApiCall) -> Reply:
        """Apply for a person on a document; each person once."""
        company = call.company
        fields = _checked(call, creating=True)
        kind = _DOCUMENTS_OF.get(fields["ReferenceDocumentType"])
        if kind is None or fields["ReferenceNumber"] not in company.kind(kind):
            raise refused("Kan inte hitta dokumentet.")
        keys = ("ReferenceDocumentType", "ReferenceNumber", "SocialSecurityNumber")
        for other in company.kind("taxreductions").values():
            if all(other.fields[name] == fields[name] for name in keys):
                raise FortnoxError(2000600, "Personnumret används redan på dokumentet.")
        number = max((int(key) for key in company.kind("taxreductions")), default=0) + 1
        record = company.add("taxreductions", str(number), TAX_REDUCTION.blank() | fields | {"Id": number})
        return Reply(201, _tax_reduction(call, record), location="taxreductions")

    def get(self, call: ApiCall, key: str) -> Reply:
        """Show an application."""
        return Reply(200, _tax_reduction(call, self._find(call, key)))

    def update(self, call: ApiCall, key: str) -> Reply:
        """Change an application."""
        record = self._find(call, key)
        record.fields.update(_checked(call, creating=False))
        return Reply(200, _tax_reduction(call, record))

    def delete(self, call: ApiCall, key: str) -> Reply:
        """Withdraw an application."""
        self._find(call, key)
        del call.company.kind("taxreductions")[key]
        return Reply(204, None)

    def _find(self, call: ApiCall, key: str) -> Record:
        record = call.company.kind("taxreductions").get(key)
        if record is None:
            raise not_found(UNKNOWN_CODE, "Kan inte hitta skattereduktionen.")
        return record


class EuVatLimit:
    """``/3/euvatlimitregulation``: how much was sold to consumers in other EU countries in a year."""

    def answer(self, call: ApiCall) -> Reply:
        """Show the year's figure, taken from the OSS accounts and the account for taxed EU sales."""
        year = call.query.get("year", str(call.company.clock.today().year))
        if call.method != "GET" or call.parts:
            raise no_such_path()
        if not year.isdecimal():
            raise wrong_parameter()
        total = Decimal(-self._sold(call, year)) / HUNDRED
        body: Document = {"IsOverLimit": total > _EU_LIMIT, "Limit": _EU_LIMIT, "TotalExclVat": total, "Year": year}
        return Reply(200, {"EUVatLimitRegulation": body})

    def _sold(self, call: ApiCall, year: str) -> int:
        entries = [entry for entry in call.company.ledger.entries if entry.date.startswith(f"{year}-")]
        numbers = {3106, *range(3111, 3199)}
        return sum(posting.ore for entry in entries for posting in entry.postings if posting.account in numbers)


def _checked(call: ApiCall, *, creating: bool) -> Document:
    fields = TAX_REDUCTION.check(call.sent("TaxReduction"), creating=creating)
    asked = fields.get("AskedAmount")
    if asked is not None and (asked <= 0 or Decimal(asked) != int(asked)):
        raise FortnoxError(2004217, "Begärt belopp är ogiltigt.")
    return fields


def _tax_reduction(call: ApiCall, record: Record) -> Document:
    return {"TaxReduction": {"@url": call.url("taxreductions", record.key), **record.fields}}


def _tax_row(call: ApiCall, record: Record) -> Document:
    fields = record.fields | {"ReferenceNumber": int(record.fields["ReferenceNumber"]), "RequestSent": None}
    return {"@url": call.url("taxreductions", record.key), **fields}
