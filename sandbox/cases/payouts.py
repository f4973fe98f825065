"""A case's payout or dispute as the settlement that a provider's source would make of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from app.kit.money import Money, total
from app.model.order import books_day
from app.model.payout import LostDispute, MatchKey, Payout, PayoutLine, PayoutLineKind
from app.payouts.planning.plan import Match

Json = dict[str, Any]
_KINDS = {
    "charge": PayoutLineKind.CHARGE,
    "refund": PayoutLineKind.REFUND,
    "reserve": PayoutLineKind.RESERVE_HELD,
    "reserve_release": PayoutLineKind.RESERVE_RELEASED,
}
COVERED = ("payout", "dispute", "order_and_payout")


def payouts(stated: Json) -> list[Payout]:
    """The settlements of a case, oldest first."""
    if stated["type"] == "dispute":
        return list(_dispute(stated))
    own = stated["payout"] if stated["type"] == "order_and_payout" else stated
    return [_payout(own), *(_payout({**own, "later": [], **later}) for later in own.get("later", ()))]


def lost(stated: Json) -> LostDispute | None:
    """The dispute of a case, if it was lost."""
    if stated["type"] != "dispute" or stated["status"] != "lost":
        return None
    day = date.fromisoformat(str(stated["finalized_at"]))
    amount = Money.of(stated["amount"], "SEK")
    return LostDispute("shopify_payments", "1", "", str(stated["order"]), amount, day)


def matches(payout: Payout, stated: Json) -> dict[str, Match]:
    """Every line belongs to the order that the case names, unless it is missing: matching is proven elsewhere."""
    lost = {one.get("order") for one in stated.get("transactions", ()) if one.get("invoice") == "missing"}
    return {line.id: Match(line.text, MatchKey.ORDER_NAME) for line in payout.lines if line.text not in lost}


def _payout(stated: Json) -> Payout:
    currency = stated["currency"]
    lines = [_line(number, one, stated) for number, one in enumerate(stated["transactions"], 1)]
    if "fee" in stated:
        fee, vat = Money.of(stated["fee"], currency), Money.of(stated["fee_vat"], currency)
        day = date.fromisoformat(stated["date"])
        lines.append(PayoutLine("fee", PayoutLineKind.FEE, day, Money.zero(currency), fee, vat))
    return Payout(
        provider=stated.get("provider", "shopify_payments"),
        account="cases.myshopify.com",
        id=stated["id"],
        paid_on=date.fromisoformat(stated["date"]),
        currency=currency,
        paid_out=Money.of(stated["net"], currency),
        lines=tuple(lines),
    )


def _line(number: int, one: Mapping[str, str], stated: Json) -> PayoutLine:
    currency = stated["currency"]
    moment = one.get("processed_at")
    return PayoutLine(
        id=str(number),
        kind=_KINDS[one.get("type", "charge")],
        occurred_on=books_day(datetime.fromisoformat(moment)) if moment else date.fromisoformat(stated["date"]),
        amount=Money.of(one["amount"], currency),
        fee=Money.of(one.get("fee", "0"), currency),
        text=one.get("order", ""),
    )


def _dispute(stated: Json) -> Iterator[Payout]:
    """Opened, and perhaps won: each in a payout of which other sales leave nothing to pay out."""
    amount, fee = Money.of(stated["amount"], "SEK"), Money.of(stated["fee"], "SEK")
    steps = [("opened_at", PayoutLineKind.CHARGEBACK, -1), ("finalized_at", PayoutLineKind.CHARGEBACK_REVERSED, 1)]
    for name, kind, sign in steps if stated["status"] == "won" else steps[:1]:
        day = date.fromisoformat(str(stated[name]))
        moved, kept = (amount, -fee) if sign > 0 else (-amount, fee)
        disputed = PayoutLine(name, kind, day, moved, kept, text=stated["order"])
        other = -total([moved, -kept], "SEK")
        kind_of_other = PayoutLineKind.CHARGE if other.minor > 0 else PayoutLineKind.REFUND
        rest = PayoutLine(f"{name}:rest", kind_of_other, day, other, Money.zero("SEK"))
        yield Payout("shopify_payments", "cases", name, day, "SEK", Money.zero("SEK"), (disputed, rest))
