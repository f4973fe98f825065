"""Rows of invoices and orders: checking, merging, choosing account and VAT (fortnox-api.md 3.4 and 4 #1, #11–16)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sandbox.fortnox.api import ApiCall
from sandbox.fortnox.books.arithmetic import row_total, without_vat
from sandbox.fortnox.books.chart import RATE_OF_CODE, VAT_CODES
from sandbox.fortnox.company import Company, Record, Year
from sandbox.fortnox.errors import FortnoxError, no_account, refused, wrong_data
from sandbox.fortnox.money import ZERO, half_up, plain
from sandbox.fortnox.resources.guards import check_accounts
from sandbox.fortnox.resources.housework import with_housework
from sandbox.fortnox.resources.price_finding import price_of
from sandbox.fortnox.resources.references import check_references, check_unit
from sandbox.fortnox.resources.stock import deliverable
from sandbox.fortnox.schemas.document import DocumentShape
from sandbox.fortnox.wire import Document

MAXIMUM_ROWS = 500
_FROM_ARTICLE = frozenset({"AccountNumber", "Description", "Unit", "VAT", "VATCode"})
# Customer VAT types whose sales carry no VAT, with the article's and the predefined account that they use.
_FREE_OF_VAT = frozenset({"SEREVERSEDVAT", "EUREVERSEDVAT", "EXPORT"})
_ACCOUNTS_OF_TYPE = {
    "SEVAT": ("SalesAccount", "SALES"),
    "SEREVERSEDVAT": ("ConstructionAccount", "SALESCONSTR2"),
    "EUREVERSEDVAT": ("EUAccount", "SALESEUREV"),
    "EUVAT": ("EUVATAccount", "SALESEUVAT"),
    "EXPORT": ("ExportAccount", "SALESEXPORT"),
}


@dataclass(frozen=True)
class RowContext:
    """What a row depends on."""

    call: ApiCall
    shape: DocumentShape
    document: Document
    customer: Document
    year: Year
    held: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def vat_included(self) -> bool:
        """Whether prices include VAT."""
        return bool(self.document["VATIncluded"])

    @property
    def company(self) -> Company:
        """The company of the call."""
        return self.call.company


def read_rows(call: ApiCall, shape: DocumentShape, sent: Any) -> list[Document]:  # noqa: ANN401  any JSON
    """Check the rows' fields, not yet what they point at."""
    if not isinstance(sent, list) or not all(isinstance(row, dict) for row in sent):
        raise wrong_data()
    if len(sent) > MAXIMUM_ROWS and call.switches.rows_beyond_500 == "refused":
        raise refused(f"Dokumentet får innehålla högst {MAXIMUM_ROWS} rader.")
    return [_read_row(call, shape, row) for row in sent]


def _read_row(call: ApiCall, shape: DocumentShape, sent: Document) -> Document:
    row = shape.row.check(sent, creating=False, refuse_read_only=call.switches.refuse_read_only_fields)
    vat = row.get("VAT")
    if vat is not None and Decimal(vat) != int(vat) and call.switches.decimal_vat == "refused":
        raise FortnoxError(2000108, f"Värdet måste vara numeriskt ({plain(Decimal(vat))})")
    if sent.get("HouseWork") is False:
        # Sending false leaves a mark of its own (fortnox-api.md 3.4).
        row.setdefault("HouseWorkType", "EMPTYHOUSEWORK")
    return row


def merge_rows(old: Sequence[Document], sent: Sequence[Document]) -> list[Document]:
    """Merge an update into the old rows (fortnox-api.md 3.4, life cycle).

    With no RowId at all rows match by position and keep what is not sent (a discount sticks); with some, those named
    are changed and the others are new. Old rows that are not matched go.
    """
    if not any(row.get("RowId") for row in sent):
        return [_merge_row(old[index] if index < len(old) else {}, row) for index, row in enumerate(sent)]
    known = {row["RowId"]: row for row in old}
    merged = []
    for row in sent:
        row_id = row.get("RowId")
        if row_id and row_id not in known:
            raise refused(f"Raden finns inte (RowId {row_id}).")
        merged.append(_merge_row(known[row_id] if row_id else {}, row))
    return merged


def _merge_row(old: Document, sent: Document) -> Document:
    """Lay a sent row over an old one; another article brings its own text, account and VAT."""
    if sent.get("ArticleNumber", old.get("ArticleNumber")) != old.get("ArticleNumber"):
        old = {name: value for name, value in old.items() if name not in _FROM_ARTICLE}
    return old | sent


def complete_row(context: RowContext, row: Document) -> Document:
    """Fill a row in: article, account, VAT and sums; refuses what the company does not have."""
    company = context.company
    number = row.get("ArticleNumber") or ""
    article = company.kind("articles").get(number)
    if number and article is None:
        raise FortnoxError(2001302, "Kunde inte hitta artikel")
    full = context.shape.row.blank() | row
    full["RowId"] = next(company.row_ids)
    full["Description"] = full["Description"] or (article.fields["Description"] if article else "")
    full["Unit"] = full["Unit"] or (article.fields["Unit"] if article else "") or ""
    check_unit(company, full["Unit"])
    check_references(company, {name: full[name] for name in ("CostCenter", "Project")})
    _set_figures(context, article, full, row)
    full = with_housework(full, article, context.document["TaxReductionType"])
    is_text = not number and not row.get("AccountNumber") and full["Price"] == 0 and not _counts(context, full)
    explicit = bool(row.get("AccountNumber"))
    if company.config.easy_vat and not explicit and plain(Decimal(row.get("VAT") or 0)) not in VAT_CODES:
        raise FortnoxError(2004167, "Ett konto måste anges för rader med egen momssats.")
    full["AccountNumber"] = 0 if is_text else row.get("AccountNumber") or _choose_account(context, article, row)
    if full["AccountNumber"]:
        check_accounts(company, context.year, [full["AccountNumber"]])
    full["VAT"] = _rate(context, article, full, explicit=explicit)
    full["VATCode"] = _vat_code(context, full)
    return _with_sums(context, full)


def counted(call: ApiCall, shape: DocumentShape) -> str:
    """Name the quantity that a document's sums count; for orders that is not known, so a switch tells."""
    delivered = "OrderedQuantity" in shape.quantities and call.switches.order_totals_count == "delivered"
    return "DeliveredQuantity" if delivered else shape.counted


def _counts(context: RowContext, row: Document) -> bool:
    return any(row[name] for name in context.shape.quantities)


def _set_figures(context: RowContext, article: Record | None, full: Document, sent: Document) -> None:
    for name in context.shape.quantities:
        full[name] = half_up(Decimal(full[name]))
    full["DeliveredQuantity"] = _delivered(context, article, full)
    _check_stock_point(context.company, article, full)
    if sent.get("Price") is None and article is not None:
        full["Price"] = price_of(
            context.company, context.document["PriceList"], article.key, full[context.shape.counted]
        )
    full["Price"] = Decimal(full["Price"])


def _with_sums(context: RowContext, row: Document) -> Document:
    rate, vat_included = Decimal(row["VAT"]), context.vat_included
    quantity = row[counted(context.call, context.shape)]
    total = row_total(quantity, row["Price"], Decimal(row["Discount"]), row["DiscountType"])
    full = row | {
        "PriceExcludingVAT": without_vat(row["Price"], rate, vat_included=vat_included),
        "Total": total,
        "TotalExcludingVAT": without_vat(total, rate, vat_included=vat_included),
    }
    return {name: value for name, value in full.items() if name not in context.shape.hidden}


def _check_stock_point(company: Company, article: Record | None, row: Document) -> None:
    """Refuse a row without its stock point where they are in use: "mandatory" then; the refusal's text is not told."""
    is_kept = company.config.warehouse and article is not None and article.fields["StockGoods"]
    if is_kept and company.config.stock_points and not row["StockPointCode"]:
        raise refused("Lagerställe måste anges.")


def _delivered(context: RowContext, article: Record | None, row: Document) -> Decimal:
    """Give the quantity that is delivered; the warehouse module has its own mind about it (3.16).

    "Can only be modified when the document is in the delivery state. (Invoices are always in the delivery state)"
    (fortnox.se/developer, Warehouse resource specific fields).
    """
    quantity = half_up(Decimal(row["DeliveredQuantity"]))
    if context.company.config.warehouse and context.document.get("DeliveryState", "delivery") != "delivery":
        return ZERO
    return quantity if article is None else deliverable(context.call, article, quantity, context.held)


def _choose_account(context: RowContext, article: Record | None, row: Document) -> int:
    """Choose the sales account of a row that names none (fortnox-api.md 4 #13)."""
    company, customer = context.company, context.customer
    article_field, predefined = _ACCOUNTS_OF_TYPE[customer["VATType"]]
    of_customer = int(customer["SalesAccount"] or 0)
    of_article = int(article.fields[article_field] or 0) if article else 0
    choices = [of_customer, of_article] if context.call.switches.customer_account_first else [of_article, of_customer]
    if customer["VATType"] == "SEVAT" and row.get("VAT") is not None:
        choices.append(company.predefined_account(f"SALES_{plain(Decimal(row['VAT']))}_SE"))
    choices.append(company.predefined_account(predefined))
    number = next((choice for choice in choices if choice), 0)
    if not number:
        raise no_account()
    return number


def _rate(context: RowContext, article: Record | None, row: Document, *, explicit: bool) -> Decimal:
    """Give the VAT rate in percent; what is sent must be a rate of the company (fortnox-api.md 4 #16)."""
    config = context.company.config
    sent = row["VAT"]
    if sent is not None and Decimal(sent) not in config.vat_rates:
        raise refused("Kunde inte hämta/hitta moms")
    if context.customer["VATType"] in _FREE_OF_VAT or not row["AccountNumber"]:
        return ZERO
    if sent is not None:
        return Decimal(sent)
    if not config.tax_enabled:
        return ZERO
    if article is not None and not explicit:
        return Decimal(article.fields["VAT"])
    code = context.company.accounts[context.year.id][row["AccountNumber"]].fields["VATCode"]
    return Decimal(RATE_OF_CODE.get(code, 0))


def _vat_code(context: RowContext, row: Document) -> str | None:
    if not context.company.config.tax_enabled or not row["AccountNumber"]:
        return None
    account = context.company.accounts[context.year.id][row["AccountNumber"]]
    return VAT_CODES.get(plain(Decimal(row["VAT"]))) or account.fields["VATCode"] or None
