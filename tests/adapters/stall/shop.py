"""Stall as the pipeline's `Source` and `PayoutSource`: its own JSON, amounts in öre, VAT inside."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.kit.money import Money, total, vat_out_of_gross
from app.model.finding import Finding
from app.model.order import (
    Address,
    Buyer,
    Line,
    Order,
    Refund,
    RefundedPart,
    ShippingLine,
    TaxLine,
    Transaction,
    TransactionKind,
)
from app.model.payout import LostDispute, MatchKey, OpenDispute, Payout, PayoutLine, PayoutLineKind
from app.model.platforms import Situation
from app.shops.base import Shop, SourceError, understanding
from app.tenants.rules import DocumentCurrency, TenantRules
from tests.adapters.stall.platform import STALL

Get = Callable[[str], tuple[int, bytes]]
"""Path → status and body. Raises ConnectionError where no answer came."""
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StallShop:
    """Implements `app.shops.base.Source` and `PayoutSource`."""

    get: Get

    def fetch_order(self, shop: Shop, order_id: str, rules: TenantRules, *, is_news: bool = True) -> Order | None:
        body = self._read(f"{shop.domain}/orders/{order_id}")
        return None if body is None else _order(body, shop.domain)

    def not_read(self, order_id: str, error: Exception) -> Finding:
        return Finding(STALL.codes[Situation.NOT_READ], order_id, {"order": order_id, "text": str(error)})

    def issued_since(self, shop: Shop, day: date, currency: DocumentCurrency) -> Iterator[Payout]:
        for body in self._read(f"{shop.domain}/payouts") or ():
            if date.fromisoformat(body["day"]) >= day:
                yield _payout(body, shop.domain)

    def shows_disputes(self, shop: Shop) -> bool:
        return False

    def disputes(self, shop: Shop) -> Iterator[LostDispute | OpenDispute]:
        yield from ()

    def lacks_payout_scope(self, error: SourceError) -> bool:
        return False

    def _read(self, path: str) -> Any:
        try:
            status, body = self.get(path)
        except ConnectionError as error:
            raise SourceError(STALL.codes[Situation.UNAVAILABLE], str(error), passes=True) from error
        if status == 403:
            raise SourceError(STALL.codes[Situation.NO_ACCESS], path, passes=False)
        return None if status == 404 else json.loads(body)


@understanding("order")
def _order(body: Json, shop: str) -> Order:
    lines = tuple(_line(place, line) for place, line in enumerate(body["lines"]))
    freight = body.get("freight")
    shipping = (ShippingLine("0", freight["name"], _sek(freight["ore"]), _tax(freight)),) if freight else ()
    taxed = [*lines, *shipping]
    money = tuple(_transaction(move) for move in body["money"])
    address = Address(name=body["buyer"]["name"], city=body["buyer"]["town"], country_code=body["buyer"]["land"])
    return Order(
        platform=STALL.name,
        shop=shop,
        id=body["ref"],
        name=body["no"],
        created_at=_moment(body["placed"]),
        processed_at=_moment(body["placed"]),
        updated_at=_moment(body["touched"]),
        currency="SEK",
        taxes_included=True,
        total=_sek(sum(line["ore"] for line in body["lines"]) + (freight["ore"] if freight else 0)),
        total_tax=total((part.tax for part in taxed), "SEK"),
        lines=lines,
        shipping=shipping,
        transactions=money,
        refunds=tuple(_refund(back, lines) for back in body["returns"]),
        buyer=Buyer(id=body["buyer"]["id"], name=body["buyer"]["name"], email=body["buyer"]["mail"]),
        bill_to=address,
        ship_to=address,
    )


def _line(place: int, line: Json) -> Line:
    """Stall states what a line comes to: its price is that of one unit of the whole line."""
    each = _sek(line["ore"] // line["qty"])
    return Line(
        id=str(place),
        title=line["name"],
        sku=line["sku"],
        quantity=line["qty"],
        unit_price=each,
        discount=_sek(0),
        tax_lines=_tax(line),
        price_rounding=_sek(line["ore"]) - each * line["qty"] or None,
    )


def _tax(part: Json) -> tuple[TaxLine, ...]:
    rate = Decimal(part["vat"])
    return (TaxLine("Moms", rate, vat_out_of_gross(_sek(part["ore"]), rate)),)


def _transaction(move: Json) -> Transaction:
    kind = TransactionKind.SALE if move["type"] == "in" else TransactionKind.REFUND
    return Transaction(
        id=move["id"], kind=kind, succeeded=True, gateway=STALL.name, amount=_sek(move["ore"]),
        processed_at=_moment(move["at"]), payment_id=move["id"],
    )  # fmt: skip


def _refund(back: Json, lines: tuple[Line, ...]) -> Refund:
    parts = tuple(
        RefundedPart(
            lines[part["line"]].source, part["qty"], _sek(part["ore"]),
            vat_out_of_gross(_sek(part["ore"]), lines[part["line"]].tax_lines[0].rate_percent),
        )
        for part in back["parts"]
    )  # fmt: skip
    return Refund(
        id=back["id"], created_at=_moment(back["at"]), amount=_sek(sum(part["ore"] for part in back["parts"])),
        parts=parts, transaction_ids=(back["money"],),
    )  # fmt: skip


@understanding("payout")
def _payout(body: Json, shop: str) -> Payout:
    lines = tuple(
        PayoutLine(
            id=row["id"], kind=PayoutLineKind(row["kind"]), occurred_on=date.fromisoformat(row["day"]),
            amount=_sek(row["ore"]), fee=_sek(row["fee"]), keys={MatchKey.PAYMENT_ID: row["money"]},
        )
        for row in body["rows"]
    )  # fmt: skip
    return Payout(
        provider=STALL.name, account=shop, id=body["id"], paid_on=date.fromisoformat(body["day"]),
        currency="SEK", paid_out=_sek(body["ore"]), lines=lines,
    )  # fmt: skip


def _sek(ore: int) -> Money:
    return Money(ore, "SEK")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
