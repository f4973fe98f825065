"""The order model. Shops normalise into it; it knows no platform's wire format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.kit.money import Money, split, total

BOOKS_ZONE = ZoneInfo("Europe/Stockholm")
"""The books' day. An order of 23:30 UTC on the 30th belongs to the 1st (accounting.md T10)."""


def books_day(moment: datetime) -> date:
    """The day an event falls on in the books."""
    return moment.astimezone(BOOKS_ZONE).date()


SHIPPING_SOURCE = "shipping:"
"""Begins the source of every row of a way of delivery."""


class LineKind(StrEnum):
    """What a line sells; decides account and VAT rules."""

    GOODS = "goods"
    EXEMPT = "exempt"
    """Goods that the shop itself marks as free of VAT."""
    GIFT_CARD = "gift_card"
    TIP = "tip"
    FEE = "fee"
    """What the payment provider added for its way of paying (an invoice fee), VAT as on goods."""


class TransactionKind(StrEnum):
    """What a payment transaction did. Only sale and capture are money in; authorisations and voids are not."""

    SALE = "sale"
    CAPTURE = "capture"
    AUTHORIZATION = "authorization"
    VOID = "void"
    REFUND = "refund"
    CHANGE = "change"
    """Cash that the till gave back out of a sale: the shop kept the sale less the change."""
    OTHER = "other"


class DeliveryMethod(StrEnum):
    """How goods reach the buyer (Shopify `DeliveryMethodType`, in lower case)."""

    SHIPPING = "shipping"
    LOCAL = "local"
    """Driven to the buyer from a location nearby."""
    PICKUP_POINT = "pickup_point"
    """Sent to a parcel shop or locker: transport all the same."""
    PICK_UP = "pick_up"
    """The buyer fetches them at a location of the shop."""
    RETAIL = "retail"
    """Handed over at a till."""
    NONE = "none"
    """Nothing is transported (downloads, services)."""


SENT = frozenset({DeliveryMethod.SHIPPING, DeliveryMethod.LOCAL, DeliveryMethod.PICKUP_POINT})
"""Methods with transport: it begins at the location that the goods are sent from."""
HANDED_OVER = frozenset({DeliveryMethod.PICK_UP, DeliveryMethod.RETAIL})
"""Methods without transport: the supply takes place where the goods are handed over."""


class ReturnFeeKind(StrEnum):
    """Why a buyer pays for a return (Shopify `RestockingFee`, `ReturnShippingFee`)."""

    RESTOCKING = "restocking"
    SHIPPING = "return_shipping"


@dataclass(frozen=True, slots=True)
class TaxLine:
    """Tax the shop charged on one line: for the whole line, after discounts."""

    title: str
    rate_percent: Decimal
    amount: Money
    channel_liable: bool = False
    """True: the sales channel remits it; it is not our VAT (shopify-api.md 3.3)."""


@dataclass(frozen=True, slots=True)
class Line:
    """One order line. Prices are as the shop states them: with VAT when the order's `taxes_included` says so."""

    id: str
    title: str
    sku: str | None
    quantity: int
    unit_price: Money
    discount: Money
    """All discounts on the whole line: line-level, order-level and code shares together."""
    tax_lines: tuple[TaxLine, ...] = ()
    kind: LineKind = LineKind.GOODS
    needs_transport: bool | None = None
    """False: nothing is sent (a download, a service). None: the shop does not say."""
    price_rounding: Money | None = None
    """What the exact price of all units is above `unit_price` × units, where a unit's has parts of an öre."""
    undelivered: int = 0
    """Units that are still to be delivered: neither sent nor taken back before they were."""
    tax_converted: Decimal = Decimal(0)
    """Öre that `tax` is above the VAT of the price, where it was converted from the buyer's: what his was rounded by.

    Zero where the buyer's own tax is not that of his price."""

    @property
    def source(self) -> str:
        """Where rows of this line come from: kept on every row, so that a refund finds what it takes back."""
        return f"line:{self.id}"

    @property
    def is_goods(self) -> bool:
        """Whether it is something that is delivered."""
        return self.kind in (LineKind.GOODS, LineKind.EXEMPT)

    @property
    def amount(self) -> Money:
        """The line after discounts, in the order's price style."""
        whole = self.unit_price * self.quantity - self.discount
        return whole + self.price_rounding if self.price_rounding else whole

    def rounding_of(self, units: int) -> Money | None:
        """The share of so many of its units in `price_rounding`."""
        return split(self.price_rounding, [units, self.quantity - units])[0] if self.price_rounding else None

    @property
    def tax(self) -> Money:
        """All tax on the line."""
        return total((tax.amount for tax in self.tax_lines), self.unit_price.currency)

    def gross(self, *, taxes_included: bool) -> Money:
        """The line after discounts, VAT included, whichever style the order's prices have."""
        return self.amount if taxes_included else self.amount + self.tax

    def gross_discount(self, *, taxes_included: bool) -> Money:
        """The discount, VAT included; of free goods, which carry no VAT that states the rate, as it stands."""
        if taxes_included or not self.amount.minor or not self.discount.minor:
            return self.discount
        return self.discount + Money(self.tax.minor * self.discount.minor // self.amount.minor, self.tax.currency)


@dataclass(frozen=True, slots=True)
class ShippingLine:
    """A way of delivery the buyer chose; `price` is after discounts."""

    id: str
    title: str
    price: Money
    tax_lines: tuple[TaxLine, ...] = ()
    tax_converted: Decimal = Decimal(0)
    """As of a line."""

    @property
    def source(self) -> str:
        """Where rows of this shipping come from."""
        return f"{SHIPPING_SOURCE}{self.id}"

    @property
    def tax(self) -> Money:
        """All tax on the shipping."""
        return total((tax.amount for tax in self.tax_lines), self.price.currency)

    def gross(self, *, taxes_included: bool) -> Money:
        """The price after discounts, VAT included, whichever style the order's prices have."""
        return self.price if taxes_included else self.price + self.tax


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address as the shop holds it; any part may be empty."""

    name: str = ""
    company: str = ""
    address1: str = ""
    address2: str = ""
    zip_code: str = ""
    city: str = ""
    country_code: str = ""
    """ISO 3166-1 alpha-2, upper case; empty when unknown."""


NO_ADDRESS = Address()
"""What an order without an address has."""


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who bought; `id` is the shop's customer number, None for a guest."""

    id: str | None = None
    name: str = ""
    email: str = ""
    card: str = ""
    """Number of the customer record that the ledger already has of this buyer, where the tenant wants it used."""


GUEST = Buyer()  # of whom the shop knows nothing


@dataclass(frozen=True, slots=True)
class Transaction:
    """One payment transaction as the shop reports it."""

    id: str
    kind: TransactionKind
    succeeded: bool
    gateway: str
    amount: Money
    processed_at: datetime
    payment_id: str | None = None
    """The shop's key towards the payment provider: what payouts are matched on (shopify-api.md 5)."""
    manual: bool = False
    """Marked as paid by a person; no provider has the money."""
    rounding: Money | None = None
    """Cash rounding on top of `amount` (shopify-api.md 3.5)."""
    pending: bool = False
    """Neither succeeded nor failed yet."""
    settled: Money | None = None
    """What the provider made of it on the clearing account, where it converted to another currency (acc-28)."""
    paid_out_on: date | None = None
    """Day of the provider's payout that holds it; None while none does, and where that does not matter."""
    write_offs: tuple[WriteOff, ...] = ()
    """The provider's fee that its payment is to take on that day."""
    at_order_rate: Money | None = None
    """What of the order it settles, where the shop converted the buyer's money at another rate than the order's."""
    card_names: tuple[str, ...] = ()
    """The gift card's id and last characters, in lower case; empty: it is none, or the shop does not say."""

    @property
    def pays(self) -> Money:
        """What of the order it settles."""
        return self.amount if self.at_order_rate is None else self.at_order_rate


@dataclass(frozen=True, slots=True)
class RefundedPart:
    """What a refund took back of one line or way of delivery."""

    source: str
    """`Line.source` or `ShippingLine.source`; `SHIPPING_SOURCE` alone where the shop does not say which."""
    quantity: int
    """Units that came back; 0 where only an amount did (shipping)."""
    gross: Money
    """VAT included, after discounts: positive."""
    tax: Money
    """The VAT inside."""


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund: goods and shipping that came back, the money, and the difference that the shop noted between them.

    The identity (shopify-api.md 3.7): money = parts + discrepancy, less what an exchange used of it.
    """

    id: str
    created_at: datetime
    amount: Money
    """Money that went back, as the shop sums it up."""
    parts: tuple[RefundedPart, ...] = ()
    discrepancy: Money | None = None
    """Positive: the buyer got more than the goods' value (price reduction). Negative: the shop kept some (a fee)."""
    transaction_ids: tuple[str, ...] = ()
    note: str = ""

    @property
    def goods(self) -> Money:
        """Value of what came back, VAT included."""
        return total((part.gross for part in self.parts), self.amount.currency)


@dataclass(frozen=True, slots=True)
class ReturnFee:
    """What the buyer pays for a return: a supply of its own (accounting.md 2.6)."""

    id: str
    kind: ReturnFeeKind
    amount: Money
    """As the shop states it, in the order's price style."""
    created_at: datetime
    """Of the return."""
    source: str = ""
    """`Line.source` of what was returned, for a restocking fee; empty for the fee of a whole return."""
    tax: Money | None = None
    """VAT that the shop put on it; None: it does not say (Shopify calculates it for the US alone, 2026-10)."""


@dataclass(frozen=True, slots=True)
class Order:
    """The newest state of an order. Times aware; one currency throughout."""

    platform: str
    shop: str
    id: str
    name: str
    created_at: datetime
    processed_at: datetime
    updated_at: datetime
    """When anything about it changed last: a note or a tag too."""
    currency: str
    taxes_included: bool
    total: Money
    """What the shop says the buyer owes, after edits and before returns. Sacred (accounting.md 0.2)."""
    total_tax: Money
    lines: tuple[Line, ...]
    current: Money | None = None
    """What the shop says is left of it after edits and returns; None: it does not say."""
    shipping: tuple[ShippingLine, ...] = ()
    transactions: tuple[Transaction, ...] = ()
    refunds: tuple[Refund, ...] = ()
    buyer: Buyer = GUEST
    bill_to: Address = NO_ADDRESS
    ship_to: Address = NO_ADDRESS
    edited_at: datetime | None = None
    """When its lines changed last (an edit, a return, an exchange); None: never, or the shop does not say."""
    cancelled_at: datetime | None = None
    test: bool = False
    source_name: str = ""
    tip: Money | None = None
    """A tip that is no line of its own."""
    duties: Money | None = None
    """After edits and before returns, as `total`."""
    original_duties: Money | None = None
    """Of the order as it was placed; None: the shop does not say."""
    tax_lines: tuple[TaxLine, ...] = ()
    """Taxes of the whole order: the only ones where a shop states none on lines (imported orders)."""
    attributes: tuple[tuple[str, str], ...] = ()
    """What buyer, theme or app wrote on the order: name and text."""
    tags: frozenset[str] = frozenset()
    """What the merchant or an app marked the order with, case-folded."""
    delivery_methods: frozenset[DeliveryMethod] = frozenset()
    """How its goods reach the buyer; empty: the shop does not say."""
    handover_countries: frozenset[str] = frozenset()
    """Countries (ISO 3166-1) of the locations where goods are picked up or sold over the counter."""
    dispatch_countries: frozenset[str] = frozenset()
    """Countries of the locations that goods are sent from; empty: the shop does not say."""
    return_fees: tuple[ReturnFee, ...] = ()
    shop_since: datetime | None = None
    """When its shop was connected: what is older was sold before us; None: nobody asks (a preview)."""
    refused: frozenset[str] = frozenset()
    """Objects that the shop did not let us read for want of a scope (`app.shops.shopify.scopes`)."""
    additional_fees: Money | None = None
    po_number: str = ""
    vat_number: str = ""
    """The buyer's VAT number as the shop holds it (Shopify: of the company's location); empty when there is none."""
    vat_check: VatCheck | None = None
    """What VIES said of that number; None: it was not asked, or has not answered."""
    transport_proven: bool = False
    """A person answered that collected goods were transported out of Sweden."""
    company: str = ""
    """The company that bought, where the shop knows it as one (B2B); empty for everybody else."""
    organisation_number: str = ""
    """Of that company, as it came. A person's identity number is never kept."""
    terms: PaymentTerms | None = None
    """Set on an order that may be paid later."""
    delivered_at: datetime | None = None
    """Of the newest delivery; None while nothing is delivered."""
    first_delivered_at: datetime | None = None
    conversions: int = 0
    """How many of its amounts the shop converted from the buyer's currency, where they add up in that one.

    Each was rounded by itself, so that so many minor units between the order's parts, total and money mean nothing."""
    awaiting: Money | None = None
    """What of the order is left out because it is not delivered yet: money for it waits."""
    money_follows_delivery: bool = False
    """The provider takes the money when goods are sent (Qliro): delivered and paid are one event, part by part."""
    transactions_known: bool = True
    """False when the state came from a body that carries no transactions (a pasted webhook)."""
    given_cards: Mapping[str, Money] = field(default_factory=dict)
    """Transaction → amount of a gift card that was given away: a discount in the lines (`app.payments.given_cards`)."""

    @property
    def gross_discount(self) -> Money | None:
        """All discounts on its lines, VAT included; None where there are none."""
        discounts = (line.gross_discount(taxes_included=self.taxes_included) for line in self.lines)
        amount = total(discounts, self.currency)
        return amount if amount.minor > 0 else None

    @property
    def subject(self) -> str:
        """The job key: `order:shopify:<id>`."""
        return f"order:{self.platform}:{self.id}"

    @property
    def has_tax(self) -> bool:
        """Whether any tax was charged, on a line, on the shipping or on the order alone."""
        taxes = (tax for line in (self.lines, self.shipping) for part in line for tax in part.tax_lines)
        return bool(self.total_tax) or any(tax.amount for tax in taxes)

    @property
    def changed_at(self) -> datetime:
        """When what was sold changed last, as well as the shop can tell: it decides the VAT period of the change."""
        return self.edited_at or self.updated_at

    @property
    def money_in(self) -> tuple[Transaction, ...]:
        """The successful sales and captures less the change that the till gave back, oldest first."""
        received = self._moved(TransactionKind.SALE, TransactionKind.CAPTURE)
        change = self._moved(TransactionKind.CHANGE)
        return _less_change(received, change) if change else received

    @property
    def money_out(self) -> tuple[Transaction, ...]:
        """The successful refund transactions, oldest first; amounts are positive."""
        return self._moved(TransactionKind.REFUND)

    @property
    def received(self) -> Money:
        """What of the order its payments settle."""
        return total((payment.pays for payment in self.money_in), self.currency)

    @property
    def returned(self) -> Money:
        """What of the order went back to the buyer."""
        return total((refund.pays for refund in self.money_out), self.currency)

    @property
    def kept(self) -> Money:
        """What came in and did not go back."""
        return self.received - self.returned

    def _moved(self, *kinds: TransactionKind) -> tuple[Transaction, ...]:
        moved = [
            transaction for transaction in self.transactions if transaction.succeeded and transaction.kind in kinds
        ]
        return tuple(sorted(moved, key=lambda transaction: (transaction.processed_at, transaction.id)))


def _less_change(received: tuple[Transaction, ...], change: tuple[Transaction, ...]) -> tuple[Transaction, ...]:
    """Payments with the change taken off the newest of its own gateway; one that is all change is no payment."""
    left = list(received)
    for given_back in change:
        rest = given_back.amount
        for place in reversed(range(len(left))):
            if left[place].gateway == given_back.gateway and left[place].amount.currency == rest.currency:
                deducted = min(rest, left[place].amount)
                left[place] = replace(left[place], amount=left[place].amount - deducted)
                rest -= deducted
    return tuple(transaction for transaction in left if transaction.amount)


@dataclass(frozen=True, slots=True)
class PaymentTerms:
    """The terms as the shop agreed them with the buyer."""

    name: str = ""
    """As the shop calls it: "Net 30"."""
    days: int | None = None
    """From the order on; None where the day is fixed, or counts from the delivery."""


@dataclass(frozen=True, slots=True)
class VatCheck:
    """One answer of VIES. It outranks our own check digits: a number that is registered is right as it is."""

    number: str
    valid: bool
    day: date
    """The books' day of the answer."""
    name: str = ""
    """To whom the number belongs; many member states do not say."""
    consultation: str = ""
    """VIES's number of the consultation: what a tax auditor asks for. Only given to a seller who names itself."""


@dataclass(frozen=True, slots=True)
class WriteOff:
    """One amount on one account: a cost (debit) where it is positive, whichever way the payment goes."""

    account: int
    amount: Money
    role: str
    """Account role: distinguishes the fee from its VAT, and says how the fee is taxed."""


def sum_of(write_offs: Iterable[WriteOff], currency: str) -> Money:
    """What they come to."""
    return total((write_off.amount for write_off in write_offs), currency)


def refunds_to_book(order: Order) -> tuple[list[Refund], list[Refund]]:
    """Refunds whose money is certain, oldest first, and those that wait for it (a bank that has not answered yet)."""
    pending = {
        transaction.id
        for transaction in order.transactions
        if transaction.pending and transaction.kind is TransactionKind.REFUND
    }
    known = sorted(order.refunds, key=lambda refund: (refund.created_at, refund.id))
    certain = [refund for refund in known if not pending.intersection(refund.transaction_ids)]
    return certain, [refund for refund in known if refund not in certain]


def money_of(refund: Refund, order: Order) -> Money:
    """What really went back with a refund."""
    moved = (transaction.pays for transaction in order.money_out if transaction.id in refund.transaction_ids)
    return total(moved, order.currency)


def has_failed_money(refund: Refund, order: Order) -> bool:
    """Whether the refund's money failed: the buyer is still owed it."""
    transactions = [transaction for transaction in order.transactions if transaction.id in refund.transaction_ids]
    return bool(transactions) and not any(transaction.succeeded or transaction.pending for transaction in transactions)


def discrepancy_of(refund: Refund, order: Order) -> Money:
    """The discrepancy that the shop records on a refund; zero where the money failed: then nobody decided it."""
    discrepancy = refund.discrepancy or Money.zero(order.currency)
    return Money.zero(order.currency) if has_failed_money(refund, order) else discrepancy
