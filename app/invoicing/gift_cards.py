"""Single-purpose gift cards: VAT is due when the card is sold, revenue is earned when it is used (acc-33).

Off by default: only a bookkeeper can say that a card buys goods of one rate in one country and nothing else. Sale and
use are booked as ordinary invoice and payment; a voucher after each puts revenue and VAT where they belong:

- sold: the net waits on the liability, against a contra account without a VAT code, so that box 05 stays right;
- used: the order's own revenue and VAT, which the card brought forward, are taken back, and the net is earned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from app.kit.money import Money, total, vat_out_of_gross
from app.model.finding import Finding
from app.posting.documents import CreateInvoice
from app.posting.references import Purpose, VoucherRef
from app.posting.steps import PayInvoice
from app.posting.vouchers import BOOKS_CURRENCY, CreateVoucher, rows_of
from app.tenants.rules import TenantRules
from app.vat import rate_text

GIFT_CARD_SOLD = "single_purpose_gift_card"
"""Why a row is a sale with VAT and no mere debt."""
_ROLE = "gift_card"
_CONTRA = "deferred.sales"


def sale_role(rules: TenantRules) -> str | None:
    """The role that a card is sold on; None where cards are multi-purpose, a debt without VAT."""
    return None if rules.gift_card_rate is None else f"sales.se.{rate_text(rules.gift_card_rate)}"


def gift_card_entries(
    documents: Sequence[CreateInvoice], payments: Iterable[PayInvoice], rules: TenantRules
) -> Iterator[CreateVoucher | Finding]:
    """The vouchers of an order's documents and payments, or what forbids them."""
    known = {document.ref: document for document in documents}
    cards = frozenset(row.source for invoice in documents for row in invoice.rows if row.why == GIFT_CARD_SOLD)
    for document in documents:
        yield from _deferral(document, cards, rules)
    for payment in payments:
        yield from _redemption(payment, known[payment.document], rules)


def _deferral(document: CreateInvoice, cards: frozenset[str], rules: TenantRules) -> Iterator[CreateVoucher | Finding]:
    """After a sale or credit of cards. `cards`: sources of the lines that are cards, which credit rows name too."""
    sold = [row for row in document.rows if row.source in cards]
    if not sold:
        return
    net = total((row.amount - vat_out_of_gross(row.amount, row.vat_percent) for row in sold), document.currency)
    reference = f"{document.reference1} {document.key} presentkort"
    yield from _voucher(
        VoucherRef(Purpose.CARD_SOLD, document=document.ref), document, reference, {_CONTRA: net, _ROLE: -net}, rules
    )


def _redemption(payment: PayInvoice, document: CreateInvoice, rules: TenantRules) -> Iterator[CreateVoucher | Finding]:
    """After a payment with a card, and after money that went back onto one."""
    if rules.gift_card_rate is None or payment.role != _ROLE:
        return
    rate = rate_text(rules.gift_card_rate)
    vat = vat_out_of_gross(payment.amount, rules.gift_card_rate)
    net = payment.amount - vat
    moved = {f"sales.se.{rate}": net, f"vat.se.{rate}": vat, _CONTRA: -net, _ROLE: -vat}
    reference = f"{document.reference1} {payment.transaction_id} presentkort"
    ref = VoucherRef(Purpose.CARD_REDEEMED, payment=payment.ref)
    yield from _voucher(ref, document, reference, moved, rules, day_of=payment)


def _voucher(
    ref: VoucherRef,
    document: CreateInvoice,
    reference: str,
    moved: Mapping[str, Money],
    rules: TenantRules,
    day_of: PayInvoice | None = None,
) -> Iterator[CreateVoucher | Finding]:
    findings = list(_missing(document.currency, moved, rules))
    if findings:
        yield from findings
        return
    amounts = {rules.accounts[role]: amount for role, amount in moved.items()}
    day = day_of.day if day_of else document.day
    word = "Inlöst" if day_of else "Ej inlöst"
    yield CreateVoucher(
        ref, day, f"{word} enfunktionsvoucher", rules.payout_series, rows_of(amounts.items()), reference, document.ref
    )


def _missing(currency: str, moved: Mapping[str, Money], rules: TenantRules) -> Iterator[Finding]:
    if currency != BOOKS_CURRENCY:
        situation = f"single-purpose gift card, {currency}"
        yield Finding("VAT_TREATMENT_NOT_SUPPORTED", situation, {"situation": situation})
    for role in moved:
        if rules.account(role) is None:
            yield Finding("ROLE_UNMAPPED", role, {"role": role})
