"""How a sandbox is set up: clients, companies, and the switches for what nobody knows about the real Fortnox."""

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

SCOPES = [
    "companyinformation",
    "settings",
    "customer",
    "article",
    "invoice",
    "order",
    "offer",
    "payment",
    "price",
    "bookkeeping",
    "currency",
    "costcenter",
    "project",
    "print",
    "profile",
    "connectfile",
    "archive",
    "inbox",
    "warehouse",
]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Right = Literal["invoices", "list_invoices", "list_payments", "vouchers", "customers", "contribution"]


class ClientConfig(_Frozen):
    """An integration as registered in the developer portal."""

    client_id: str = "bokbro-demo"
    client_secret: str = "bokbro-demo-secret"
    name: str = "Bokbro"
    scopes: tuple[str, ...] = tuple(SCOPES)
    redirect_uris: tuple[str, ...] = Field(default=(), description="registered addresses; empty: any http(s) address")
    service_accounts: bool = Field(default=True, description="portal setting «Only administrator»")


class UserConfig(_Frozen):
    """The person who clicks in the activation page."""

    id: str = "3f0c3b1e2a"
    name: str = "Greta Granström"
    email: str = "greta@granstromform.example"
    sys_admin: bool = True
    lacks: tuple[Right, ...] = Field(default=(), description="rights that the user behind the token lacks")
    locale: str = "sv_SE"


class AccountConfig(_Frozen):
    """An account beyond the seeded chart."""

    number: int = Field(ge=1000, le=9999)
    description: str = "Konto"
    vat_code: str = ""


class YearConfig(_Frozen):
    """A financial year, both days included. Ids count from 1 in the order given."""

    from_date: date
    to_date: date


class CompanyConfig(_Frozen):
    """One company in Fortnox. ``database_number`` is the TenantId (fortnox-api.md 1.4)."""

    database_number: int = 1234567
    name: str = "Granström Form AB"
    organisation_number: str = "556987-1234"
    address: str = "Slöjdgatan 4"
    zip_code: str = "582 22"
    city: str = "Linköping"
    user: UserConfig = UserConfig()
    licences: tuple[str, ...] | None = Field(default=None, description="scopes that are licensed; null: all")
    integration_licence: bool = Field(default=True, description="false: error_missing_license")
    app_licence: bool = Field(default=True, description="false: error_missing_app_license")
    api_licence: bool = Field(default=True, description="false: 2001103 on every call")
    tax_enabled: bool = Field(default=True, description="registered for VAT")
    currencies: dict[str, Decimal] = {"SEK": Decimal(1), "EUR": Decimal("11.25")}
    currency_units: dict[str, int] = Field(default={}, description="Unit of a currency; 1 unless told")
    vat_rates: tuple[Decimal, ...] = (Decimal(25), Decimal(12), Decimal(6), Decimal(0))
    vat_accounts: dict[str, int] = Field(default={}, description="rate as text → VAT account, for own rates")
    extra_accounts: tuple[AccountConfig, ...] = ()
    missing_accounts: tuple[int, ...] = ()
    inactive_accounts: tuple[int, ...] = ()
    predefined_accounts: dict[str, int] = Field(default={}, description="overrides by name, e.g. SALES")
    locked_until: date | None = None
    years: tuple[YearConfig, ...] = Field(default=(), description="empty: the calendar years before and of today")
    ways_of_delivery: dict[str, str] = {"P": "Post", "B": "Bud"}
    terms_of_payment: dict[str, str] = {
        "0": "0 dagar",
        "10": "10 dagar",
        "15": "15 dagar",
        "20": "20 dagar",
        "30": "30 dagar",
        "AG": "Autogiro",
        "K": "Kontant",
        "PF": "Postförskott",
    }
    default_terms_of_payment: str = "30"
    terms_of_delivery: dict[str, str] = {"FVL": "Fritt vårt lager"}
    modes_of_payments: dict[str, int] = Field(default={"BG": 1930, "PG": 1930, "KONT": 1910}, description="→ account")
    default_mode_of_payment: str = "BG"
    units: dict[str, str] = {"st": "styck", "h": "timmar", "förp": "förpackning"}
    cost_centers: dict[str, str] = {}
    projects: dict[str, str] = {}
    voucher_series: dict[str, bool] = Field(
        default={"A": True, "B": False, "C": False, "D": False, "E": False, "Q": True},
        description="code → open for manual entries",
    )
    imported_customers: dict[str, str] = Field(default={}, description="number → name; Type UNDEFINED (2001200)")
    easy_vat: bool = Field(default=False, description="the newer VAT set-up (fortnox-api.md 3.12)")
    bank_details: bool = Field(default=True, description="false: print and email refused, «Bankuppgifter saknas»")
    print_service: bool = Field(default=True, description="false: eprint and einvoice refused")
    whole_krona_rounding: bool = True
    may_send: bool = Field(default=True, description="false: an agency's licence, which books but does not send")
    warehouse: bool = False
    stock_points: bool = Field(default=False, description="rows of stock goods must name a stock point")
    negative_stock: bool = Field(default=False, description="the warehouse module may deliver what is not there")
    cash_method: bool = False


class Switches(_Frozen):
    """Named unknowns. Each default is our best guess; the product must be right under every setting."""

    retry_after: bool = Field(default=False, description="429 carries Retry-After")
    too_many_body: Literal["json", "html", "empty"] = Field(default="json", description="body of a 429")
    no_credentials: Literal["unauthorized", "legacy"] = Field(
        default="unauthorized", description="no live token: 401, or 403 with 2000310 and 2000311"
    )
    refused_calls_count: bool = Field(default=False, description="calls refused with 429 use up the window too")
    permission_status: Literal[403, 400] = Field(default=403, description="status of 2000663, 2001101, 2001103")
    token_licence_status: Literal[400, 401] = 400
    bare_callback: bool = Field(default=False, description="the callback carries neither code nor state")
    refresh_race_seconds: float = Field(default=0, description="a used refresh token works again this long")
    writeoff_included_in_amount: bool = Field(default=False, description="Amount already holds the write-offs")
    overpayment_refused: bool = False
    credit_answer: Literal["original", "credit"] = "original"
    credit_needs_booked: bool = True
    credit_copies_references: bool = True
    second_credit_silent: bool = Field(default=False, description="a second credit answers 200 and does nothing")
    booked_texts_editable: bool = Field(default=False, description="texts and references of a booked invoice")
    refuse_read_only_fields: bool = Field(default=False, description="else they are ignored, save where known")
    customer_account_first: bool = Field(default=True, description="customer SalesAccount before the article's")
    vat_rounding: Literal["group", "row"] = "group"
    voucher_row_texts: Literal["account", "sent"] = Field(default="account", description="text of a voucher row")
    foreign_totals: Literal["exact", "whole"] = Field(default="exact", description="rounding of other currencies")
    fees_follow_vat_included: bool = Field(default=True, description="Freight and AdministrationFee hold VAT then too")
    lastmodified_zone: Literal["stockholm", "utc"] = Field(default="stockholm", description="how lastmodified is read")
    textual_code: int = Field(default=2099999, description="number of refusals of which only the text is known")
    order_totals_count: Literal["ordered", "delivered"] = Field(default="ordered", description="an order's sums")
    in_use_is_2000310: bool = Field(default=False, description="number of the refusal to delete what is used")
    currency_unit: Literal["multiplied", "divided"] = Field(
        default="multiplied", description="what an amount is worth: × rate × unit, or × rate ÷ unit"
    )
    foreign_payment: Literal["derived", "both", "agreeing"] = Field(
        default="derived", description="payment in another currency: Amount may be left out, must be there, must agree"
    )
    article_number_length: Literal[50, 200] = 50
    article_number_signs: Literal["wide", "alphanumeric"] = Field(default="wide", description="wide: also _ - / + $")
    attachment_bytes: int = Field(default=10_000_000, description="file_too_big above; the real limit is not known")
    attachments_per_document: int = Field(default=20, description="attachment_files_max_count_exceeded above")
    rows_beyond_500: Literal["refused", "accepted"] = "refused"
    decimal_vat: Literal["accepted", "refused"] = Field(default="accepted", description="VAT 25.5 on a row")
    page_beyond_last: Literal["empty", "error"] = "empty"
    credit_needs_ready: bool = Field(default=True, description="warehouse module: credit notes are marked ready too")
    short_stock: Literal["kept", "cut"] = Field(
        default="kept", description="warehouse module: a row that wants more than there is, but not of nothing"
    )
    invoice_of_ready_order: Literal["open", "ready"] = Field(
        default="open", description="warehouse module: whether the invoice of an order that is ready is so too"
    )
    ready_locks: Literal["all", "stock"] = Field(
        default="all", description="warehouse module: what of a ready document may not change (2003125)"
    )
    ready_again: Literal["accepted", "refused"] = Field(
        default="accepted", description="warehouse module: marking ready what is ready already"
    )
    may_not_send: Literal["licence", "right"] = Field(
        default="licence", description="how sending is refused to an agency: 2001101, or 2003275 with a text of its own"
    )
    search_lag_seconds: float = Field(default=0, description="lists show a new document only after this time")
    events_twice: bool = Field(default=False, description="every event of a topic is sent twice")
    tenant_ends_with_token: bool = Field(default=False, description="events of a company end when its token does")
    offset_is_repeated: bool = Field(default=False, description="replay begins with the event of the offset, not after")


class SandboxConfig(_Frozen):
    """A whole sandbox."""

    clients: tuple[ClientConfig, ...] = (ClientConfig(),)
    companies: tuple[CompanyConfig, ...] = (CompanyConfig(),)
    switches: Switches = Switches()
    access_token_seconds: int = 3600
    code_seconds: int = 600
    refresh_token_days: int = 45
    clock_offset_seconds: float = 0
    rate_limit_calls: int = 25
    rate_limit_seconds: float = 5.0
    scope_of: dict[str, str] = Field(default={}, description="overrides: first path word → scope")
