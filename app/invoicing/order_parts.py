"""The parts of an order before they become invoice rows: every line, shipping, tip and duty, gross at one rate."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from app.invoicing.articles import numbers_on_rows
from app.invoicing.dimensions import of_product
from app.invoicing.gift_cards import GIFT_CARD_SOLD, sale_role
from app.invoicing.return_fees import FEE_SOURCE, FeeShare, shares
from app.invoicing.texts import language_of, say
from app.kit.money import Money, split, total, vat_on_net, vat_out_of_gross
from app.model.order import Line, LineKind, Order, ReturnFee, ReturnFeeKind, ShippingLine, TaxLine
from app.tenants.rules import TenantRules
from app.vat import Scheme, Treatment, rate_text

VAT_FREE = "vat_free_goods"
"""Why a row in Sweden carries no VAT: shop and tenant agree that such goods are exempt (box 42)."""
FREE = "free_goods"
"""Why a row has no price: the shop gave the goods away."""
TAXED = (LineKind.GOODS, LineKind.EXEMPT, LineKind.FEE)
"""Lines that carry VAT of their own."""
TIP_SOURCE = "tip"
"""Source of the row of a tip that is no line of the order."""
DUTIES_SOURCE = "duties"
"""Source of the row of duties that the shop collected."""
_NONE = Decimal(0)


class Part(NamedTuple):
    """A gross amount at one rate, before it is spread over whole units. A tuple: large orders make hundreds."""

    role: str
    text: str
    quantity: int
    gross: Money
    rate: Decimal
    charged_tax: Money
    why: str
    source: str
    article_number: str | None = None
    cost_center: str = ""
    project: str = ""
    is_goods: bool = False
    """Whether it is delivered, and is on a document though it costs nothing."""
    account: int | None = None
    """Chosen by a person; None: that of the role."""
    tax_converted: Decimal = _NONE
    """Öre of `charged_tax` that converting it from the buyer's currency explains."""


def is_vat_free(kind: LineKind, treatment: Treatment, rules: TenantRules) -> bool:
    """Whether a line is an exempt supply in Sweden, and no sale that the shop forgot to charge VAT on."""
    return kind is LineKind.EXEMPT and rules.vat_free_goods and treatment.rule == Scheme.DOMESTIC


def is_sold(role: str) -> bool:
    """Whether a role is of supplies with VAT of their own: no gift card, tip, duty or debt."""
    return role.startswith(("sales.", "services.", "shipping.", "invoice_fee.", "oss_sales."))


def unsupported_amounts(order: Order, treatment: Treatment) -> list[tuple[Money | None, str]]:
    """Amounts that no rule books; duties paid with the order belong to an export (acc-22)."""
    duties = None if treatment.rule == Scheme.EXPORT else order.duties
    return [(duties, "duties"), (order.additional_fees, "additional fees")]


class PartMaker:
    """Makes the parts of one order. What every line would ask is asked once: a large order has hundreds."""

    def __init__(self, order: Order, treatment: Treatment, rules: TenantRules) -> None:
        self.order, self.treatment, self.rules = order, treatment, rules
        self.numbers = numbers_on_rows(order.lines, rules)
        self._language = language_of(order, rules)
        self._zero = Money.zero(order.currency)
        self._goods = f"{treatment.rule}_goods"
        self._roles: dict[tuple[str, Decimal], str] = {}

    def parts(self) -> Iterator[Part]:
        """Everything that is sold, in the order of the shop's lines; some may be free."""
        order = self.order
        for line in order.lines:
            yield self._of_line(line)
        for shipping in order.shipping:
            yield from self._of_shipping(shipping)
        if order.tip:
            yield self._without_vat("tip", order.tip, TIP_SOURCE)
        if order.duties and self.treatment.rule == Scheme.EXPORT:
            yield self._without_vat("duties", order.duties, DUTIES_SOURCE)
        for fee in order.return_fees:
            for share in shares(order, fee):
                yield self._of_fee(fee, share)

    def _of_fee(self, fee: ReturnFee, share: FeeShare) -> Part:
        """A fee for a return is a supply like the goods that came back; its transport has the account of shipping."""
        rate = share.tax.rate_percent if share.tax else _NONE
        charged = share.tax.amount if share.tax else self._zero
        if fee.kind is ReturnFeeKind.SHIPPING or share.line is None:
            role = self.treatment.shipping_role(rate)
        else:
            role = self._role_of(share.line, rate)
        why = VAT_FREE if share.line and is_vat_free(share.line.kind, self.treatment, self.rules) else "return_fee"
        text = say(f"fee_{fee.kind.value}", self._language)
        return Part(role, text, 1, share.gross, rate, charged, why, f"{FEE_SOURCE}{fee.id}")

    def _without_vat(self, role: str, amount: Money, source: str) -> Part:
        return Part(role, say(role, self._language), 1, amount, _NONE, self._zero, role, source)

    def _of_line(self, line: Line) -> Part:
        rules = self.rules
        gross = line.gross(taxes_included=self.order.taxes_included)
        card_role = sale_role(rules) if line.kind is LineKind.GIFT_CARD else None
        rate = _rate(line.tax_lines, gross) if line.kind in TAXED else _NONE
        charged = line.tax
        if card_role and rules.gift_card_rate is not None:
            rate = rules.gift_card_rate
            charged = charged or vat_out_of_gross(gross, rate)  # Shopify charges none on cards: it is in the price
        number = self.numbers.get(line.sku) if line.sku else None
        return Part(
            card_role or self._role_of(line, rate),
            self._text(line, number),
            line.quantity,
            gross,
            rate,
            charged,
            GIFT_CARD_SOLD if card_role else self._rule_of(line),
            line.source,
            number,
            of_product(line.sku, rules.cost_centers),
            of_product(line.sku, rules.projects),
            line.is_goods,
            tax_converted=line.tax_converted,
        )

    def _role_of(self, line: Line, rate: Decimal) -> str:
        if line.source in self.treatment.electronic:
            return self.treatment.sales_role(line, rate)
        place = (line.kind.value, rate)
        if place not in self._roles:
            self._roles[place] = self.treatment.sales_role(line, rate)
        return self._roles[place]

    def _rule_of(self, line: Line) -> str:
        if is_vat_free(line.kind, self.treatment, self.rules):
            return VAT_FREE
        return self._goods if line.kind in TAXED else line.kind.value

    def _text(self, line: Line, number: str | None) -> str:
        """The product as the shop names it, its own number where Fortnox's is another, and the discount in the row."""
        title = f"{line.title} ({line.sku})" if number and number != line.sku else line.title
        if not line.discount:
            return title
        before = line.amount + line.discount
        return say("discounted", self._language, title=title, before=before.decimal, discount=line.discount.decimal)

    def _of_shipping(self, shipping: ShippingLine) -> Iterator[Part]:
        order, treatment = self.order, self.treatment
        gross = shipping.gross(taxes_included=order.taxes_included)
        taxed = [tax for tax in shipping.tax_lines if tax.amount.minor > 0 and tax.rate_percent]
        if len(taxed) <= 1 or total((tax.amount for tax in taxed), order.currency) != shipping.tax:
            rate = _rate(shipping.tax_lines, gross)
            # Ancillary to goods that are all exempt, it is exempt with them.
            free = [is_vat_free(line.kind, treatment, self.rules) for line in order.lines if line.is_goods]
            why = VAT_FREE if free and all(free) and not rate else f"{treatment.rule}_shipping"
            role = treatment.shipping_role(rate)
            whole = Part(role, shipping.title, 1, gross, rate, shipping.tax, why, shipping.source)
            yield whole._replace(tax_converted=shipping.tax_converted)
            return
        why = f"{treatment.rule}_shipping_share"  # ancillary to goods of that rate: accounting.md acc-05
        for tax, share in zip(taxed, _shipping_shares(order, shipping, taxed), strict=True):
            role = treatment.shipping_role(tax.rate_percent)
            text = say("share", self._language, title=shipping.title, rate=rate_text(tax.rate_percent))
            yield Part(role, text, 1, share, tax.rate_percent, tax.amount, why, shipping.source)


def _rate(tax_lines: tuple[TaxLine, ...], gross: Money) -> Decimal:
    """The rate charged. Where nothing was, a rate counts that gives nothing on so little (a gross of an öre)."""
    charged = [tax.rate_percent for tax in tax_lines if tax.amount]
    too_small = (tax.rate_percent for tax in tax_lines if not vat_out_of_gross(gross, tax.rate_percent))
    return sum(charged, _NONE) if charged else max(too_small, default=_NONE)


def _shipping_shares(order: Order, shipping: ShippingLine, taxed: list[TaxLine]) -> list[Money]:
    """Split mixed-rate shipping by goods value if that gives the VAT the shop charged, else by that VAT itself.

    Split is the shop's own price, with or without VAT; what is returned includes VAT.
    """
    goods = [sum(line.amount.minor for line in order.lines if _has_rate(line, tax)) for tax in taxed]
    if min(goods) >= 0 and sum(goods) > 0:
        by_value = split(shipping.price, goods)
        vat_of = vat_out_of_gross if order.taxes_included else vat_on_net
        if all(vat_of(share, tax.rate_percent) == tax.amount for share, tax in zip(by_value, taxed, strict=True)):
            return _with_vat(order, by_value, taxed)
    vat_inside = [tax.rate_percent if order.taxes_included else _NONE for tax in taxed]
    weights = [
        int(tax.amount.minor * 1000 * (100 + inside) / tax.rate_percent)
        for tax, inside in zip(taxed, vat_inside, strict=True)
    ]
    return _with_vat(order, split(shipping.price, weights), taxed)


def _with_vat(order: Order, shares: list[Money], taxed: list[TaxLine]) -> list[Money]:
    if order.taxes_included:
        return shares
    return [share + tax.amount for share, tax in zip(shares, taxed, strict=True)]


def _has_rate(line: Line, tax: TaxLine) -> bool:
    return line.kind is LineKind.GOODS and _rate(line.tax_lines, line.amount) == tax.rate_percent
