"""The small registers: one class, told what differs (fortnox-api.md 3.6, 3.9, 3.10, 3.12)."""

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.fortnox.api import ApiCall, Collection, no_such_path
from sandbox.fortnox.company import Record
from sandbox.fortnox.errors import UNKNOWN_CODE, not_found, refused
from sandbox.fortnox.fields import Schema
from sandbox.fortnox.lists import Listing, list_records
from sandbox.fortnox.schemas import registers as schemas
from sandbox.fortnox.wire import Document, Reply


@dataclass(frozen=True)
class RegisterShape:
    """What makes a register itself."""

    path: str
    root: str
    plural: str
    schema: Schema
    missing: tuple[int, str]
    key: str = "Code"
    location: str = ""
    row: tuple[str, ...] = ()
    fixed: bool = False
    deletable: bool = True


class Register(Collection):
    """A register of simple objects under one path."""

    def __init__(self, shape: RegisterShape) -> None:
        self.shape = shape
        names = {name.lower(): name for name in shape.schema.fields}
        self.listing = Listing(shape.plural, self._row, search=names, sorts=names)

    def list(self, call: ApiCall) -> Reply:
        """List the objects by key."""
        records = sorted(call.company.kind(self.shape.path).values(), key=lambda record: record.key)
        return list_records(call, records, self.listing)

    def create(self, call: ApiCall) -> Reply:
        """Create an object; a project gets the next number when it has none."""
        if self.shape.fixed:
            raise no_such_path()
        fields = self._check(call, creating=True)
        records = call.company.kind(self.shape.path)
        key = str(fields.get(self.shape.key) or _next_number(records.keys()))
        if key in records:
            raise refused(f'"{key}" används redan.')
        record = call.company.add(self.shape.path, key, self.shape.schema.blank() | fields | {self.shape.key: key})
        return Reply(201, self._show(call, record), location=self.shape.location or self.shape.path)

    def get(self, call: ApiCall, key: str) -> Reply:
        """Show an object."""
        return Reply(200, self._show(call, self._find(call, key)))

    def update(self, call: ApiCall, key: str) -> Reply:
        """Change an object; its key stays."""
        record = self._find(call, key)
        fields = self._check(call, creating=False)
        fields.pop(self.shape.key, None)
        record.fields.update(fields)
        call.company.touch(record)
        return Reply(200, self._show(call, record))

    def delete(self, call: ApiCall, key: str) -> Reply:
        """Delete an object. Customer cards that point at it keep pointing (fortnox-api.md 4 #19)."""
        if self.shape.fixed or not self.shape.deletable:
            raise no_such_path()
        self._find(call, key)
        del call.company.kind(self.shape.path)[key]
        return Reply(204, None)

    def _check(self, call: ApiCall, *, creating: bool) -> Document:
        sent = call.sent(self.shape.root)
        return self.shape.schema.check(sent, creating=creating, refuse_read_only=call.switches.refuse_read_only_fields)

    def _find(self, call: ApiCall, key: str) -> Record:
        record = call.company.kind(self.shape.path).get(key)
        if record is None:
            raise not_found(*self.shape.missing)
        return record

    def _show(self, call: ApiCall, record: Record) -> Document:
        return {self.shape.root: {"@url": call.url(self.shape.path, record.key), **self._live(call, record)}}

    def _row(self, call: ApiCall, record: Record) -> Document:
        fields = self._live(call, record)
        names = self.shape.row or tuple(fields)
        return {"@url": call.url(self.shape.path, record.key), **{name: fields[name] for name in names}}

    def _live(self, call: ApiCall, record: Record) -> Document:
        """Give the fields as they stand now; a series' next number comes from the ledger."""
        if self.shape.path != "voucherseries":
            return record.fields
        year = call.company.preselected_year().id
        number = call.company.ledger.next_number(record.key, year)
        return record.fields | {"NextVoucherNumber": number, "Year": year}


class PredefinedAccounts(Register):
    """Predefined accounts: what they point at must be an account in use, under EasyVat one of fitting VAT code."""

    def update(self, call: ApiCall, key: str) -> Reply:
        """Point a predefined account at another account."""
        if key not in call.company.kind(self.shape.path):
            raise refused("A valid identifier was not provided.", 2000729)
        number = str(call.sent(self.shape.root).get("Account") or "")
        if number and not (number.isdecimal() and len(number) == 4):
            raise refused("Kontot har fel format.", 2002462)
        chart = call.company.accounts[call.company.preselected_year().id]
        account = chart.get(int(number)) if number else None
        if account is None or not account.fields["Active"]:
            raise refused("Kontot är ogiltigt.", 2001265)
        wanted = _CODE_OF_SALES.get(key.removesuffix("2") if key.endswith("SE2") else key)
        if call.company.config.easy_vat and wanted and account.fields["VATCode"] != wanted:
            raise refused("Kontot har en momskod som inte passar.", 2004052)
        return super().update(call, key)


# The VAT code that an account must have under EasyVat (fortnox-api.md 3.12).
_CODE_OF_SALES = {"SALES_25_SE": "MP1", "SALES_12_SE": "MP2", "SALES_6_SE": "MP3", "SALES_0_SE": "MF"}


def _next_number(taken: Iterable[str]) -> str:
    return str(max((int(key) for key in taken if key.isdigit()), default=0) + 1)


_SHAPES = (
    RegisterShape("currencies", "Currency", "Currencies", schemas.CURRENCY, (2000427, "Kan inte hitta valutan.")),
    RegisterShape(
        "wayofdeliveries",
        "WayOfDelivery",
        "WayOfDeliveries",
        schemas.WAY_OF_DELIVERY,
        (UNKNOWN_CODE, "Kan inte hitta leveranssättet."),
    ),
    RegisterShape(
        "termsofdeliveries",
        "TermsOfDelivery",
        "TermsOfDeliveries",
        schemas.TERMS_OF_DELIVERY,
        (2000435, "Kan inte hitta leveransvillkoret."),
        deletable=False,
    ),
    RegisterShape(
        "termsofpayments",
        "TermsOfPayment",
        "TermsOfPayments",
        schemas.TERMS_OF_PAYMENT,
        (2000429, "Kan inte hitta betalningsvillkoret."),
        location="paymentterms",
    ),
    RegisterShape(
        "modesofpayments",
        "ModeOfPayment",
        "ModesOfPayments",
        schemas.MODE_OF_PAYMENT,
        (UNKNOWN_CODE, "Kan inte hitta betalningssättet."),
    ),
    RegisterShape("units", "Unit", "Units", schemas.UNIT, (2000432, "Kan inte hitta enheten.")),
    RegisterShape(
        "pricelists",
        "PriceList",
        "PriceLists",
        schemas.PRICE_LIST,
        (2000431, "Kan inte hitta prislistan."),
        deletable=False,
    ),
    RegisterShape(
        "costcenters",
        "CostCenter",
        "CostCenters",
        schemas.COST_CENTER,
        (UNKNOWN_CODE, "Kan inte hitta kostnadsstället."),
    ),
    RegisterShape(
        "projects",
        "Project",
        "Projects",
        schemas.PROJECT,
        (2001161, "Kan inte hitta projektet."),
        key="ProjectNumber",
        location="project",
        row=tuple(schemas.PROJECT_ROW),
    ),
    RegisterShape(
        "predefinedaccounts",
        "PreDefinedAccount",
        "PreDefinedAccounts",
        schemas.PREDEFINED_ACCOUNT,
        (2001403, "Kan inte hitta det förvalda kontot."),
        key="Name",
        fixed=True,
    ),
    RegisterShape(
        "predefinedvoucherseries",
        "PreDefinedVoucherSeries",
        "PreDefinedVoucherSeriesCollection",
        schemas.PREDEFINED_VOUCHER_SERIES,
        (UNKNOWN_CODE, "Kan inte hitta den förvalda verifikationsserien."),
        key="Name",
        fixed=True,
    ),
    RegisterShape(
        "voucherseries",
        "VoucherSeries",
        "VoucherSeriesCollection",
        schemas.VOUCHER_SERIES,
        (UNKNOWN_CODE, "Kan inte hitta verifikationsserien."),
        deletable=False,
    ),
)
REGISTERS = {
    shape.path: (PredefinedAccounts if shape.path == "predefinedaccounts" else Register)(shape) for shape in _SHAPES
}
