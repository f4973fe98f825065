"""An order's states as the Admin API shows them, made by small functions. Amounts are decimal text, taxes included."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from app.jobs.notifier import SilentNotifier
from app.kit.money import Money, vat_out_of_gross
from app.orders.given_answers import Answering
from app.schema import Finding, Job
from sandbox.stories.observing import Observation
from sandbox.stories.playing import Then, play
from sandbox.stories.reading import Story
from sandbox.stories.stage import Stage, Tenancy

Json = dict[str, Any]
BOUGHT = "2026-11-03T10:15:00+01:00"
MAJA: Json = {
    "name": "Maja Gran", "address1": "Storgatan 1", "zip": "11122", "city": "Staden", "countryCodeV2": "SE",
}  # fmt: skip


def bag(amount: str, currency: str = "SEK", presentment: str | None = None, other: str | None = None) -> Json:
    """A money bag; with `presentment` and `other` the buyer's side is in a currency of its own."""
    return {
        "shopMoney": {"amount": amount, "currencyCode": currency},
        "presentmentMoney": {"amount": presentment or amount, "currencyCode": other or currency},
    }


def taxed(amount: str, rate: str) -> list[Json]:
    """The tax lines of an amount that holds its VAT; none at rate 0."""
    if rate == "0":
        return []
    vat = vat_out_of_gross(Money.rounded(Decimal(amount), "SEK"), Decimal(rate))
    fraction = str(Decimal(rate) / 100)
    return [{"title": "VAT", "rate": fraction, "priceSet": bag(str(vat.decimal))}]


def line(number: int, price: str, *, quantity: int = 1, left: int | None = None, rate: str = "25", **more: Any) -> Json:
    """A line of goods; `left` is what edits and returns leave of it."""
    whole = str(Decimal(price) * quantity)
    return {
        "id": f"gid://shopify/LineItem/{number}",
        "title": more.pop("title", f"Vara {number}"),
        "quantity": quantity,
        "currentQuantity": quantity if left is None else left,
        "taxable": True,
        "product": {"id": f"gid://shopify/Product/{number}"},
        "originalUnitPriceSet": bag(price),
        "taxLines": taxed(whole, rate),
        **more,
    }


def shipping(number: int, price: str, title: str = "Paket", rate: str = "25") -> Json:
    """A shipping line."""
    return {
        "id": f"gid://shopify/ShippingLine/{number}", "title": title, "discountedPriceSet": bag(price),
        "taxLines": taxed(price, rate),
    }  # fmt: skip


def money(number: int, amount: str, at: str = BOUGHT, **more: Any) -> Json:
    """A transaction: a sale by card that succeeded, unless `more` says otherwise."""
    return {
        "id": f"gid://shopify/OrderTransaction/{number}", "kind": "SALE", "status": "SUCCESS",
        "gateway": "shopify_payments", "paymentId": f"pay-{number}", "processedAt": at, "amountSet": bag(amount),
    } | more  # fmt: skip


def back(number: int, amount: str, at: str, **more: Any) -> Json:
    """Money paid back."""
    return money(number, amount, at, kind="REFUND", **more)


def refund(
    number: int,
    at: str,
    *lines: Json,
    paid: tuple[int, str] | None = None,
    adjustments: tuple[tuple[str, str], ...] = (),
    **more: Any,
) -> Json:
    """A refund of lines; `paid` names its transaction and amount, `adjustments` reasons and amounts."""
    return {
        "id": f"gid://shopify/Refund/{number}",
        "createdAt": at,
        "totalRefundedSet": bag(paid[1] if paid else "0.00"),
        "refundLineItems": {"nodes": list(lines)},
        "orderAdjustments": {"nodes": [{"reason": reason, "amountSet": bag(amount)} for reason, amount in adjustments]},
        "transactions": {"nodes": [{"id": f"gid://shopify/OrderTransaction/{paid[0]}"}] if paid else []},
    } | more


def returned(number: int, amount: str, *, quantity: int = 1, rate: str = "25") -> Json:
    """Units of a line that came back, and what they were worth."""
    return {
        "quantity": quantity,
        "lineItem": {"id": f"gid://shopify/LineItem/{number}"},
        "subtotalSet": bag(amount),
        "totalTaxSet": taxed(amount, rate)[0]["priceSet"] if rate != "0" else None,
    }


def state(lines: list[Json], total: str, current: str | None = None, *, at: str = BOUGHT, **more: Any) -> Json:
    """A state of the order. `total` is Shopify's totalPriceSet, `current` its currentTotalPriceSet."""
    return {
        "id": "gid://shopify/Order/9001",
        "legacyResourceId": "9001",
        "name": "#9001",
        "createdAt": BOUGHT,
        "processedAt": BOUGHT,
        "updatedAt": at,
        "sourceName": "web",
        "email": "kund@example.se",
        "currencyCode": "SEK",
        "presentmentCurrencyCode": "SEK",
        "taxesIncluded": True,
        "totalPriceSet": bag(total),
        "currentTotalPriceSet": bag(current or total),
        "customer": {
            "id": "gid://shopify/Customer/7001", "displayName": "Maja Gran",
            "defaultEmailAddress": {"emailAddress": "kund@example.se"},
        },
        "billingAddress": MAJA,
        "shippingAddress": MAJA,
        "lineItems": {"nodes": lines},
        **more,
    }  # fmt: skip


def answering(stage: Stage, after: int, code: str, answer: str, number: str = "") -> Then:
    """A person answers an order's question on its page, once a state has come to rest."""

    def then(at: int, tenancy: Tenancy) -> None:
        if at == after:
            here = (Finding.tenant_id == tenancy.tenant_id, Finding.resolved_at.is_(None), Finding.code == code)
            with stage.program.store.read() as session:
                (found,) = session.scalars(select(Finding).where(*here)).all()
                order_id = session.scalars(select(Job.order_id).where(Job.id == found.job_id)).one()
            assert order_id is not None
            answer_order = Answering(stage.program.store, SilentNotifier())
            assert answer_order(tenancy.tenant_id, order_id, found.id, answer, "bo@example.se", number)

    return then


def told(
    stage: Stage,
    *states: Json,
    base: str = "all",
    rates: dict[str, str] | None = None,
    then: Then | None = None,
    **rules: Any,
) -> list[Observation]:
    """Play the states, one after the other."""
    given = {code: Decimal(rate) for code, rate in (rates or {}).items()}
    story = Story("told", "", base, rules, given, copy.deepcopy(states), None, b"")
    return play(stage, story, then) if then else play(stage, story)


def documents(observed: Observation) -> list[tuple[Any, ...]]:
    """Kind, day and total of each document."""
    return [(document.kind, document.date, document.total) for document in observed.documents]


def balances(observed: Observation) -> dict[str, Any]:
    """Account → balance over everything."""
    return observed.balances


def codes(observed: Observation) -> list[str]:
    """Codes of the open findings."""
    return sorted(finding.code for finding in observed.findings)
