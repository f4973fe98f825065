"""Shopify Payments as GraphQL shows it: the account, payouts, balance transactions, disputes (shopify-api.md 4.1)."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sandbox.shopify.graphql.parts import utc
from sandbox.shopify.graphql.projecting import Connection, Refused, Resolver
from sandbox.shopify.graphql.searching import SIGNS, terms
from sandbox.shopify.model import Json, Shop, gid
from sandbox.shopify.money import money_v2
from sandbox.shopify.payments.account import Dispute, Movement, PaymentsAccount, Payout

PAYOUTS_SCOPES = {"read_shopify_payments_payouts", "read_shopify_payments"}
DISPUTES_SCOPES = {"read_shopify_payments_disputes", "read_shopify_payments"}
One = TypeVar("One")
Facts = Mapping[str, Callable[[One], Any]]
"""What a search may ask for, by its name in the search language."""


def account_object(
    shop: Shop, scopes: set[str], warn: Callable[[str, str], None], sees: Callable[[int | None], bool]
) -> Json | None:
    """ShopifyPaymentsAccount; null when the shop has no Shopify Payments.

    `warn`: field and unknown search term. `sees`: whether the app may see an order of this age.
    """
    account = shop.payments
    if account is None:
        return None
    readable = bool(scopes & PAYOUTS_SCOPES)
    refused = Refused("read_shopify_payments_payouts")
    disputes = Resolver(lambda arguments: _disputes(account, arguments, warn, sees))
    return {
        "__typename": "ShopifyPaymentsAccount",
        "id": gid("ShopifyPaymentsAccount", shop.id),
        "activated": True,
        "country": shop.country_code,
        "defaultCurrency": account.spec.currencies[0],
        "balance": [money_v2(account.balance(currency), currency) for currency in account.used_currencies()],
        "payouts": Resolver(lambda arguments: _payouts(account, arguments, warn)) if readable else refused,
        "balanceTransactions": Resolver(lambda given: _movements(account, given, warn)) if readable else refused,
        "disputes": disputes if scopes & DISPUTES_SCOPES else Refused("read_shopify_payments_disputes"),
    }


def _payouts(account: PaymentsAccount, arguments: Json, warn: Callable[[str, str], None]) -> Connection:
    wanted = arguments.get("transactionType")
    found = [payout for payout in account.payouts.values() if wanted in {None, _direction(payout)}]
    facts: Facts[Payout] = {
        "id": lambda one: one.id,
        "issued_at": lambda one: one.issued_at,
        "status": lambda one: one.status,
        "currency": lambda one: one.currency,
    }
    marks: Facts[Payout] = {"ISSUED_AT": lambda one: _mark(one.issued_at), "ID": lambda one: f"{one.id:020d}"}
    chosen = _matching(found, facts, arguments, lambda term: warn("payouts", term))
    return _listed("ShopifyPaymentsPayoutConnection", chosen, marks, "ISSUED_AT", arguments, payout_object)


def _movements(account: PaymentsAccount, arguments: Json, warn: Callable[[str, str], None]) -> Connection:
    def payout(movement: Movement) -> Payout | None:
        return account.payouts.get(movement.payout_id or 0)

    facts: Facts[Movement] = {
        "id": lambda one: one.id,
        "processed_at": lambda one: one.at,
        "payments_transfer_id": lambda one: one.payout_id,
        "payout_status": lambda one: getattr(payout(one), "status", "PENDING"),
        "payout_date": lambda one: getattr(payout(one), "issued_at", None),
        "transaction_type": lambda one: one.kind,
        "currency": lambda one: one.currency,
    }
    marks: Facts[Movement] = {"PROCESSED_AT": lambda one: _mark(one.at), "ID": lambda one: f"{one.id:020d}"}
    found = [
        movement
        for movement in account.movements
        if not (arguments.get("hideTransfers") and movement.kind == "TRANSFER")
    ]
    chosen = _matching(found, facts, arguments, lambda term: warn("balanceTransactions", term))
    type_name = "ShopifyPaymentsBalanceTransactionConnection"
    return _listed(type_name, chosen, marks, "PROCESSED_AT", arguments, lambda one: movement_object(one, payout(one)))


EVIDENCE_TIME = timedelta(days=10)
"""Shops get seven to 21 days, by the card network."""


def _disputes(
    account: PaymentsAccount,
    arguments: Json,
    warn: Callable[[str, str], None],
    sees: Callable[[int | None], bool],
) -> Connection:
    facts: Facts[Dispute] = {"id": lambda one: one.id, "status": lambda one: one.status}
    marks: Facts[Dispute] = {"ID": lambda one: f"{one.id:020d}"}
    chosen = _matching(list(account.disputes.values()), facts, arguments, lambda term: warn("disputes", term))

    def shown(dispute: Dispute) -> Json:
        return dispute_object(dispute, sees_order=sees(dispute.order_id))

    return _listed("ShopifyPaymentsDisputeConnection", chosen, marks, "ID", arguments, shown)


def _matching(found: Sequence[One], facts: Facts[One], arguments: Json, warn: Callable[[str], None]) -> list[One]:
    """Those that fulfil every known term of `query`; Shopify ignores unknown terms with a warning."""
    for term in terms(arguments.get("query")):
        if term.key not in facts:
            warn(term.key)
            continue
        fact = facts[term.key]
        found = [one for one in found if _admits(fact(one), term.sign, term.value)]
    return list(found)


def _admits(fact: Any, sign: str, value: str) -> bool:  # noqa: ANN401 -- a number, a time or a word
    if fact is None:
        return False
    if isinstance(fact, datetime):
        wanted = datetime.fromisoformat(value)
        if not sign and len(value) == len("2026-01-01"):
            return fact.astimezone(UTC).date() == wanted.date()
        return SIGNS[sign](fact, wanted if wanted.tzinfo else wanted.replace(tzinfo=UTC))
    if isinstance(fact, int):
        return SIGNS[sign](fact, int(value.rpartition("/")[2]))
    return bool(str(fact).lower() == value.lower())


def _listed(
    type_name: str,
    chosen: list[One],
    marks: Facts[One],
    usual: str,
    arguments: Json,
    render: Callable[[One], Json],
) -> Connection:
    mark = marks.get(str(arguments.get("sortKey") or usual), marks[usual])
    is_reversed = bool(arguments.get("reverse"))
    keyed = [((mark(one), int(one.id)), one) for one in chosen]  # type: ignore[attr-defined]
    keyed.sort(key=operator.itemgetter(0), reverse=is_reversed)
    nodes = [render(one) for _, one in keyed]
    return Connection(type_name, nodes, [key for key, _ in keyed], descending=is_reversed)


def _mark(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _direction(payout: Payout) -> str:
    return "WITHDRAWAL" if payout.net < 0 else "DEPOSIT"


def payout_object(payout: Payout) -> Json:
    """ShopifyPaymentsPayout. The bank's reference is known once the bank has taken it."""
    return {
        "__typename": "ShopifyPaymentsPayout",
        "id": gid("ShopifyPaymentsPayout", payout.id),
        "legacyResourceId": str(payout.id),
        "status": payout.status,
        "issuedAt": utc(payout.issued_at.isoformat()),
        "net": money_v2(payout.net, payout.currency),
        "externalTraceId": f"SPB{payout.id}" if payout.status == "PAID" else None,
        "transactionType": _direction(payout),
        "businessEntity": {"__typename": "BusinessEntity", "id": gid("BusinessEntity", 1)},
    }


def movement_object(movement: Movement, payout: Payout | None) -> Json:
    """ShopifyPaymentsBalanceTransaction. Not yet in a payout: its payout's id is null and its status PENDING."""
    order = {
        "__typename": "ShopifyPaymentsAssociatedOrder",
        "id": gid("Order", movement.order_id),
        "name": movement.order_name,
    }
    return {
        "__typename": "ShopifyPaymentsBalanceTransaction",
        "id": gid("ShopifyPaymentsBalanceTransaction", movement.id),
        "type": movement.kind,
        "test": movement.test,
        "amount": money_v2(movement.amount, movement.currency),
        "fee": money_v2(movement.fee, movement.currency),
        "net": money_v2(movement.net, movement.currency),
        "transactionDate": utc(movement.at.isoformat()),
        "sourceType": movement.source_type,
        "sourceId": str(movement.transaction_id or movement.id),
        "sourceOrderTransactionId": str(movement.transaction_id) if movement.transaction_id else None,
        "associatedOrder": order if movement.order_id else None,
        "associatedPayout": {
            "__typename": "ShopifyPaymentsAssociatedPayout",
            "id": gid("ShopifyPaymentsPayout", payout.id) if payout else None,
            "status": payout.status if payout else "PENDING",
        },
        "adjustmentReason": movement.reason,
        "adjustmentsOrders": [],
    }


def dispute_object(dispute: Dispute, *, sees_order: bool) -> Json:
    """ShopifyPaymentsDispute. Its order is null where the app may not see orders as old as that one."""
    order = {"__typename": "Order", "id": gid("Order", dispute.order_id), "name": dispute.order_name}
    return {
        "__typename": "ShopifyPaymentsDispute",
        "id": gid("ShopifyPaymentsDispute", dispute.id),
        "status": dispute.status,
        "type": "CHARGEBACK",
        "amount": money_v2(dispute.amount, dispute.currency),
        "initiatedAt": utc(dispute.opened_at.isoformat()),
        "evidenceDueBy": utc((dispute.opened_at + EVIDENCE_TIME).isoformat()),
        "evidenceSentOn": None,
        "finalizedOn": utc(dispute.finalized_at.isoformat()) if dispute.finalized_at else None,
        "order": order if sees_order else None,
    }
