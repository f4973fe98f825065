"""Pushes: unsigned, retried until the answer says that they were received (qliro-api.md 3)."""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx2
import simplejson

from sandbox.qliro.world import Json, Merchant, Order, Push, Transaction, World

RETRY_SECONDS = (2, 5, 10, 30, 60, 120, 1800, 3600, 86_400, 3 * 86_400)
"""After the first attempt, each counted from the one before (B: which of them is not known)."""
_SECONDS = 10.0
_STEPS = ("Created", "InProcess")


def announce(
    world: World, merchant: Merchant, order: Order, transaction: Transaction, *, checkout: bool = False
) -> None:
    """Put the pushes of a transaction on their way, as the switch says."""
    switch, now = merchant.switches.push, world.clock()
    if order.push_url is None or switch == "lost":
        return
    if checkout:
        merchant.pushes.append(Push(order.push_url, _checkout(merchant, order, transaction, now), now))
    statuses = [*_STEPS, transaction.status] if switch in ("every", "reversed") else [transaction.status]
    if switch == "reversed":
        statuses.reverse()
    for status in statuses * (2 if switch == "twice" else 1):
        merchant.pushes.append(Push(order.push_url, _management(merchant, order, transaction, status, now), now))


def deliver(world: World, merchant: Merchant, later: int = 0) -> Json:
    """Try every push that is due; what is not received gets its next time."""
    now = world.clock() + timedelta(seconds=later)
    with httpx2.Client(timeout=_SECONDS, follow_redirects=True, trust_env=False) as client:
        for push in merchant.pushes:
            if not push.received and push.due <= now:
                _try(client, push, now)
    return {
        "pushes": [
            {"body": one.body, "received": one.received, "answers": one.answers, "due": one.due.isoformat()}
            for one in merchant.pushes
        ]
    }


def _try(client: httpx2.Client, push: Push, now: datetime) -> None:
    content = simplejson.dumps(push.body, use_decimal=True).encode()
    try:
        answer = client.post(push.url, content=content, headers={"Content-Type": "application/json"})
        push.answers.append(f"{answer.status_code} {answer.text[:100]}")
        push.received = answer.is_success and _says_received(answer.content)
    except httpx2.HTTPError as error:
        push.answers.append(type(error).__name__)
    if not push.received:
        tried = min(len(push.answers) - 1, len(RETRY_SECONDS) - 1)
        push.due = now + timedelta(seconds=RETRY_SECONDS[tried])


def _says_received(content: bytes) -> bool:
    try:
        body = simplejson.loads(content)
    except ValueError:
        return False
    return isinstance(body, dict) and body.get("CallbackResponse") == "received"


def _checkout(merchant: Merchant, order: Order, transaction: Transaction, now: datetime) -> Json:
    return {
        "OrderId": order.id,
        "MerchantReference": order.references[merchant.switches.reference],
        "Status": "Completed",
        "Timestamp": _shown(now),
        "NotificationType": "CustomerCheckoutStatus",
        "PaymentTransactionId": transaction.id,
    }


def _management(merchant: Merchant, order: Order, transaction: Transaction, status: str, now: datetime) -> Json:
    return {
        "OrderId": order.id,
        "MerchantReference": order.references[merchant.switches.reference],
        "PaymentTransactionId": transaction.id,
        "OriginalPaymentTransactionId": transaction.original_id,
        "PaymentType": transaction.type,
        "Status": status,
        "Amount": transaction.amount / 100,
        "Currency": order.currency,
        "ProviderTransactionId": None,
        "PaymentReference": None,
        "Timestamp": _shown(now),
    }


def _shown(moment: datetime) -> str:
    """Without a zone, as pushes have it (1.4)."""
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds")
