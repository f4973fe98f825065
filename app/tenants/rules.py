"""A tenant's rules: typed, with safe defaults. A stored version of them is named by every document it made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from app.model.answers import LockedPeriod
from app.model.platforms import LedgerCapabilities, Platform, PlatformKind
from app.tenants.account_roles import DEFAULT_ACCOUNTS, DEFAULT_GATEWAYS
from app.tenants.fee_vat import DEFAULT_FEE_VAT, FeeVat, FeeVatChange


class Trigger(StrEnum):
    """When an order is booked."""

    CREATED = "created"
    PAID = "paid"
    FULFILLED = "fulfilled"
    """With its first delivery; what is delivered later is invoiced then."""


class DocumentFlow(StrEnum):
    """By which documents of Fortnox an order is booked."""

    INVOICE = "invoice"
    ORDER_FIRST = "order_first"
    """A Fortnox order, and the invoice of it: for those who pick, pack and plan there."""


class InvoiceDay(StrEnum):
    """Which day stands on an invoice."""

    CAPTURE = "capture"
    """Of the money, if it came first: it brings the VAT forward (accounting.md 2.4); else of the order."""
    ORDER = "order"
    DELIVERY = "delivery"
    """Of the newest delivery; of an order without any, as `CAPTURE`."""


class CustomerPolicy(StrEnum):
    """Who stands on the invoice."""

    PER_BUYER = "per_buyer"
    """A record that we number: a company by its organisation number, a person by the shop's id or the e-mail."""
    EXISTING = "existing"
    """The record that Fortnox holds of a company's organisation number or a person's e-mail; else as `PER_BUYER`."""
    COLLECTIVE = "collective"
    """One record per country and VAT type; the buyer's name stands on the invoice."""


class ArticlePolicy(StrEnum):
    """What happens with the shop's product numbers."""

    CREATE = "create"
    KNOWN = "known"
    NONE = "none"


class ArticleNumbers(StrEnum):
    """What happens with product numbers that Fortnox does not take as they are."""

    MAP = "map"
    STOP = "stop"


class DocumentCurrency(StrEnum):
    """Which of the shop's two amounts is booked."""

    PRESENTMENT = "presentment"
    SHOP = "shop"


class EuConsumers(StrEnum):
    """Whose VAT consumers in other EU countries pay (accounting.md 2.2, rows 2 to 4)."""

    STOP = "stop"
    SWEDISH_VAT = "swedish_vat"
    """Below the threshold of 99,680 SEK; from `oss_from` on, if that is set, as `OSS`."""
    OSS = "oss"


class EuBusinesses(StrEnum):
    """What becomes of a sale to a business whose VAT number of another EU country is on the order."""

    STOP = "stop"
    REVERSE_CHARGE = "reverse_charge"
    """The tenant vouches for the number: we check form and digits, ask VIES, and raise a finding if it says no."""
    REGISTER = "register"
    """Only when VIES has said yes: the order waits for its answer."""


class ReferenceField(StrEnum):
    """Where others wrote a payment's reference on their invoices: fields that Fortnox's list of invoices shows."""

    NOWHERE = "nowhere"
    """They are not looked at."""
    EXTERNAL1 = "external1"
    """ExternalInvoiceReference1."""
    EXTERNAL2 = "external2"
    """ExternalInvoiceReference2."""
    DOCUMENT_NUMBER = "document_number"
    OCR = "ocr"


class WarehouseStock(StrEnum):
    """What is done about stock before an order is sent to a company with the warehouse module (fortnox-api.md 3.16)."""

    SEND = "send"
    """Nothing: a draft that the warehouse emptied is found by its answer."""
    CHECK = "check"
    """It is read, and an order stops that wants more than there is. Where the consent does not show it, as `SEND`."""


class UnknownLines(StrEnum):
    """What a payout with lines that belong to nothing we know waits for."""

    BOOK = "book"
    """It is booked; such lines stay visible as a difference on the clearing account (acc-32)."""
    HOLD = "hold"
    """Nothing of it is booked until a person has looked."""


class TextLanguage(StrEnum):
    """In which language our own words stand on documents."""

    SWEDISH = "sv"
    ENGLISH = "en"
    BUYER = "buyer"
    """Of the country where the buyer pays; English where we have none of it."""


class EmailInvoice(StrEnum):
    """Which invoices Fortnox mails to the buyer, once each."""

    NEVER = "never"
    UNPAID = "unpaid"
    ALWAYS = "always"


class Exports(StrEnum):
    """What becomes of a sale out of the EU's VAT area."""

    STOP = "stop"
    BOOK = "book"


class Advances(StrEnum):
    """What becomes of money that comes before its invoice, in an earlier month or for an order that still waits."""

    BOOK = "book"
    """An entry on the day of the payment with its VAT, taken back when the invoice is made or the money returned."""
    ASK = "ask"
    """A finding with amount, VAT and month: a person books it."""


class UntransportedSale(StrEnum):
    """What an article is that nothing is sent of: the shop says only that it needs no shipping."""

    ELECTRONIC = "electronic"
    """A download or another electronic service: taxed where the buyer lives (VAT Directive art. 58)."""
    SWEDEN = "sweden"
    """A service that is carried out in Sweden, or tied to a place here: Swedish VAT, whoever buys it."""
    GOODS = "goods"
    """Goods all the same: the product's shipping setting in the shop is wrong."""


class SpecialSupply(StrEnum):
    """A sale that the law taxes in a way that no tax line of a shop states."""

    REVERSE_CHARGE = "reverse_charge"
    """The buyer, a Swedish business, owes the VAT (ML 16 kap. 13 §: phones, computers, scrap …; box 41)."""
    MARGIN = "margin"
    """Used goods, art and antiques: VAT is on the margin, and stands on no invoice (ML 20 kap.)."""


class ProviderDiscount(StrEnum):
    """What a discount of a Qliro order is, where its VAT does not show it (`app.shops.qliro.orders.discounts`)."""

    REDUCTION = "reduction"
    """A lower price: it lowers all goods in proportion to their value, each at its own rate."""
    GIFT_CARD = "gift_card"
    """A gift card that pays a part: the price, and its VAT, stay."""


_CARD = re.compile(r"[A-Za-z0-9]{4}|[0-9]{5,20}")
"""A gift card as a transaction's receipt names it: its last characters, or the shop's id."""


class RulesConflictError(ValueError):
    """A rule that another one does not allow: its name, and the word for why."""

    def __init__(self, rule: str, why: str) -> None:
        super().__init__(f"{rule}: {why}")
        self.rule, self.why = rule, why


@dataclass(frozen=True, slots=True)
class TenantRules:
    """Everything a tenant decides about its bookings."""

    version: int = 1
    trigger: Trigger = Trigger.PAID
    cut_off: bool = False
    """Move what was invoiced and not delivered over the end of each month (acc-36)."""
    terms_trigger: Trigger | None = None
    """When an unpaid order on payment terms is booked; None: as every other order."""
    document_flow: DocumentFlow = DocumentFlow.INVOICE
    invoice_day: InvoiceDay = InvoiceDay.CAPTURE
    cut_over: date | None = None
    """Orders processed before this day are never booked."""
    advances: Advances = Advances.BOOK
    document_currency: DocumentCurrency = DocumentCurrency.PRESENTMENT
    accounts: Mapping[str, int] = field(default_factory=lambda: DEFAULT_ACCOUNTS)
    gateways: Mapping[str, str] = field(default_factory=lambda: DEFAULT_GATEWAYS)
    modes_of_payment: Mapping[str, str] = field(default_factory=dict)
    """Gateway name, case-folded → Fortnox code of the mode of payment, for those who sort payments by it.

    The account is the gateway's own role, whatever account the mode has. What is not here gets Fortnox's default."""
    manual_gateways_settled: frozenset[str] = frozenset({"cash", "swish"})
    """Manual payment methods (lower case) whose money the merchant vouches for: they pay the invoice."""
    vat_rates: frozenset[Decimal] = frozenset({Decimal(25), Decimal(12), Decimal(6), Decimal(0)})
    """Rates (percent) known to be configured in Fortnox; there is no endpoint to ask (fortnox-api.md 3.12)."""
    vat_free_goods: bool = False
    """Goods that the shop marks as free of VAT are exempt supplies in Sweden (box 42); else they stop the order."""
    eu_consumers: EuConsumers = EuConsumers.STOP
    vat_number_attributes: frozenset[str] = frozenset()
    """Names (lower case) of order attributes in which business buyers type their VAT number."""
    untransported_sales: Mapping[str, UntransportedSale] = field(default_factory=dict)
    """Beginning of a SKU, case-folded (`*`: every article) → what an article is that needs no shipping.

    The longest beginning counts. Without one such an article is sold to Swedish buyers alone, and stops otherwise."""
    special_supplies: Mapping[str, SpecialSupply] = field(default_factory=dict)
    """`sku:ABC` (the beginning of a SKU) or `tag:abc` (a tag of the order), case-folded → how the law taxes it."""
    gift_card_rate: Decimal | None = None
    """VAT rate (percent) of the only goods that gift cards buy, in Sweden: then VAT is due at their sale (acc-33).

    None: multi-purpose, a debt without VAT. Only a bookkeeper can say which they are."""
    campaign_cards: frozenset[str] = frozenset()
    """Gift cards that were given away, by the shop's id or their last four characters: what they pay is a discount."""
    oss_from: date | None = None
    """First day of the OSS registration. OSS is off without it: no sale is booked on a foreign rate."""
    eu_businesses: EuBusinesses = EuBusinesses.STOP
    exports: Exports = Exports.STOP
    collects_vat_for: frozenset[str] = frozenset()
    """Countries outside the EU whose own VAT the tenant is registered to collect: NO (VOEC), GB (accounting.md 2.2)."""
    collects_above_limits: frozenset[str] = frozenset()
    """Of those, countries whose ordinary VAT register holds the tenant: no limit of a scheme for sellers abroad."""
    customer_policy: CustomerPolicy = CustomerPolicy.PER_BUYER
    unknown_customer_name: str = ""
    """Name of buyers of whom the shop knows none; empty: such an order stops."""
    counter_customer_name: str = "Kassakund"
    """Name of buyers at a till of whom the shop knows none."""
    article_policy: ArticlePolicy = ArticlePolicy.CREATE
    provider_article_policy: ArticlePolicy = ArticlePolicy.KNOWN
    """The same for Qliro's orders: their references are what a shop's module writes, and not always a product's."""
    numbered_references: frozenset[str] = frozenset()
    """Accounts at Qliro (`*`: all) whose references have a cart item's number before the product's, as Magento's."""
    provider_discounts: Mapping[str, ProviderDiscount] = field(default_factory=dict)
    """Beginning of a discount's reference, case-folded (`*`: all others) → what such a discount is."""
    article_numbers: ArticleNumbers = ArticleNumbers.MAP
    locked_period: LockedPeriod = LockedPeriod.MOVE
    """For credit notes; an invoice in a locked period always stops."""
    article_table: Mapping[str, str] = field(default_factory=dict)
    """SKU → Fortnox article number, before any mapping: also for articles that Fortnox held before us."""
    ways_of_delivery: Mapping[str, str] = field(default_factory=dict)
    """Shipping title, case-folded → Fortnox code."""
    require_way_of_delivery: bool = False
    """Stop an order whose shipping title is not in the map, instead of leaving the field empty."""
    create_currencies: bool = False
    """Register a currency that Fortnox does not have, with its automatic rate, instead of stopping the order."""
    warehouse_stock: WarehouseStock = WarehouseStock.CHECK
    """`SEND` for those who allow negative stock in Fortnox: whether they do cannot be read."""
    stock_point: str = ""
    """Code of the stock point that goods leave, for companies that have several in Fortnox's warehouse module."""
    create_ways_of_delivery: bool = False
    """Register a way of delivery that Fortnox does not have, under its code or one made of its name."""
    cost_center: str | None = None
    cost_centers: Mapping[str, str] = field(default_factory=dict)
    """`sku:ABC` (a beginning), `channel:pos`, `country:DE`, `shop:domain`, case-folded → code."""
    project: str | None = None
    projects: Mapping[str, str] = field(default_factory=dict)
    """As `cost_centers`."""
    text_language: TextLanguage = TextLanguage.SWEDISH
    email_invoice: EmailInvoice = EmailInvoice.NEVER
    rounding_row_max: int = 0
    """Öre by which the shop's own parts may differ from its total: that much is a row on role `rounding`."""
    payment_tolerance: int = 0
    """Öre (minor units of the document's currency) by which a buyer may pay too little or too much: role `rounding`."""
    terms_of_payment: str = "30"
    """Code for invoices that are not paid when they are made."""
    terms: Mapping[str, str] = field(default_factory=dict)
    """Payment terms by the shop's name or days ("30"), or a gateway, case-folded → Fortnox code, for unpaid invoices.

    What is not here gets `terms_of_payment`."""
    prepaid_terms_of_payment: str = ""
    """Code for prepaid invoices; empty leaves Fortnox's own default."""
    payment_reference_prefix: str = ""
    """Put before every payment reference by an earlier integration (`QLIRO-12345`): taken off before matching."""
    payout_reference_field: ReferenceField = ReferenceField.NOWHERE
    """Where invoices that we did not make name their payment: then they explain payout lines, too."""
    use_merchant_reference: bool = True
    """That field has the shop's reference; without it, the provider's own number of the order or the transaction."""
    reference_prefix: str = ""
    """Put before every order's name."""
    reference_prefixes: Mapping[str, str] = field(default_factory=dict)
    """Shop's domain, case-folded → what is put before its orders' names instead: two shops both have a #1001."""
    clear_at_payout: frozenset[str] = frozenset()
    """Providers (`qliro`) whose money pays its document first when it is paid out, on that day (accounting.md 1.3).

    Everybody else's does when it moves: the clearing account then shows what the provider owes."""
    fee_write_off: frozenset[str] = frozenset()
    """Of these, those whose fee is written off on the payment of its order, on the payout's day (decision 0025).

    Only of `clear_at_payout`: a fee is known first at the payout. The payout's voucher takes every other fee."""
    bank_accounts: Mapping[str, int] = field(default_factory=dict)
    """Provider, `provider@account` of its merchant (a shop's domain for Shopify), either with ` EUR` behind it for
    another currency than SEK; case-folded → bank account of its payouts. Without one: `bank.<currency>`."""
    clearing_accounts: Mapping[str, int] = field(default_factory=dict)
    """`provider@shop` for its orders and `provider@account` of its payouts, named as for `bank_accounts` → clearing
    account, where a provider's several accounts are kept apart. Without one: `psp.<provider>.<currency>`."""
    remainder_accounts: Mapping[str, int] = field(default_factory=dict)
    """Provider → account of what it keeps of a payout without a row that says why (a loan paid off, a reserve)."""
    payout_series: str = "A"
    """Voucher series of payouts; it must allow vouchers by hand in Fortnox."""
    fee_vat: Mapping[str, FeeVat] = field(default_factory=lambda: DEFAULT_FEE_VAT)
    fee_vat_changes: tuple[FeeVatChange, ...] = ()
    fees_by_month: bool = True
    """Fees belong to the month of their sales: those of an earlier one get its last day (acc-30)."""
    attach_report: bool = False
    """Put the provider's payout file to the payout's voucher in Fortnox, as a file."""
    unknown_lines: UnknownLines = UnknownLines.BOOK
    provider_not_matching: UnknownLines = UnknownLines.HOLD
    """The same for a row of Qliro's that finds no order: it stops the payout unless the company says otherwise."""
    beyond_order: UnknownLines = UnknownLines.HOLD
    """What becomes of a payout with lines that settle more of an order than it was paid: such lines settle no order."""
    exchange_rates: Mapping[str, Decimal] = field(default_factory=dict)
    """`EUR 2026-11-20` → kronor for one unit on that day: of payouts to a bank account in another currency.

    The day's rate of an invoice that Fortnox booked is taken where none is written here."""
    max_rows: int = 500
    """Rows that a document shall have at most; the ledger may take fewer (Fortnox: fortnox-api.md 2.6)."""
    ledger: LedgerCapabilities = field(default_factory=LedgerCapabilities)
    """What the company's ledger can do: no choice of the company's, and stored nowhere."""

    def __post_init__(self) -> None:
        """Raises RulesConflictError where rules do not go together."""
        if self.fee_write_off - self.clear_at_payout:
            raise RulesConflictError("fee_write_off", "not_at_payout")
        if any(not _CARD.fullmatch(gift_card) for gift_card in self.campaign_cards):
            raise RulesConflictError("campaign_cards", "not_a_card")  # a whole code is as good as money: never kept

    def untransported_sale(self, sku: str | None) -> UntransportedSale | None:
        """What an article without shipping is; None: nobody has said."""
        beginnings = [
            sale for sale in self.untransported_sales if sale != "*" and (sku or "").casefold().startswith(sale)
        ]
        longest = max(beginnings, key=len, default="*")
        return self.untransported_sales.get(longest)

    def fee_vat_on(self, provider: str, day: date) -> FeeVat:
        """How a provider's fees are taxed on a day; without a rule nothing is deducted."""
        changes = [change for change in self.fee_vat_changes if change.provider == provider and change.first_day <= day]
        if changes:
            return max(changes, key=lambda fee_vat_change: fee_vat_change.first_day).mode
        return self.fee_vat.get(provider, FeeVat.NONE)

    def for_orders_of(self, platform: Platform, shop: str) -> TenantRules:
        """The rules for the orders of a shop: its own clearing accounts, and what the platform cannot tell left out.

        Orders that a provider reports have a policy for articles of their own.
        """
        accounts: dict[str, int] = {}
        for name in self.clearing_accounts:
            provider, _, place = name.partition(" ")[0].partition("@")
            if place and place == shop.casefold():
                accounts |= _by_currency(self.clearing_accounts, f"{provider}@{place}", f"psp.{provider}")
        policy = self.provider_article_policy if platform.kind is PlatformKind.PROVIDER else self.article_policy
        cards = self.campaign_cards if platform.reports_gift_cards else frozenset[str]()
        accounts = {**self.accounts, **accounts}
        return replace(self, article_policy=policy, campaign_cards=cards, accounts=accounts)

    def for_ledger(self, ledger: LedgerCapabilities) -> TenantRules:
        """The rules for books that are kept in a ledger which can do so much."""
        return replace(self, ledger=ledger, max_rows=min(self.max_rows, ledger.max_rows))

    def name_in_books(self, shop: str, name: str) -> str:
        """An order's name as it stands on documents and vouchers, apart from equal names of other shops."""
        return f"{self.reference_prefixes.get(shop.casefold(), self.reference_prefix)}{name}"

    def for_payouts_of(self, provider: str, account: str) -> TenantRules:
        """The rules for the payouts of a merchant's account: its own bank and clearing accounts."""
        accounts: dict[str, int] = {}
        for table, role in ((self.bank_accounts, "bank"), (self.clearing_accounts, f"psp.{provider}")):
            for place in ("", f"@{account.partition('@')[0]}", f"@{account}"):  # what says more goes before
                accounts |= _by_currency(table, f"{provider}{place}".casefold(), role)
        return replace(self, accounts={**self.accounts, **accounts}) if accounts else self

    def account(self, role: str) -> int | None:
        """The account a role is mapped to, or None."""
        return self.accounts.get(role)


def _by_currency(table: Mapping[str, int], name: str, role: str) -> dict[str, int]:
    """Roles of the accounts that a table has under a name, alone (SEK) or with a currency behind it."""
    accounts = {f"{role}.sek": table[name]} if name in table else {}
    with_currency = (key for key in table if key.startswith(f"{name} "))
    return accounts | {f"{role}.{key.rpartition(' ')[2]}": table[key] for key in with_currency}
