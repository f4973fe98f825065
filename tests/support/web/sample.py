"""A small shop's day, made by hand: what the pages are shown with until a database stands behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from app.connections.views import ConnectionView
from app.execution.views import Call, Step
from app.findings.views import AffectedOrder, AnswerView, FindingGroup, Found, Incident
from app.kit.db.engine import Store
from app.kit.money import Money
from app.master_data.views import RefreshProgress
from app.orders.views import (
    CameLine,
    CameTransaction,
    OldestWaiting,
    OrderDetail,
    OrderFigures,
    OrderFilter,
    OrderList,
    OrderRow,
)
from app.schema import Connection
from app.shops.base import NotGranted
from app.web.views import Home

NOON = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


BOOKED = OrderRow(1, "#1001", NOON - timedelta(hours=4), "booked", sek("1249.00"), sek("0.00"))
STOPPED = OrderRow(
    2, "#1002", NOON - timedelta(hours=3), "stopped", Money.of("899.50", "NOK"), None, ("FORTNOX_CURRENCY_NOT_FOUND",)
)
ODD = OrderRow(
    3, "#1003 <b>", NOON - timedelta(hours=2), "stopped", sek("120.00"), sek("-0.50"),
    ("PAYMENT_EXCEEDS_TOTAL", "SHOPIFY_MANUAL_ORDER_MARKED_PAID"),
)  # fmt: skip
WAITING = OrderRow(4, "#1004", NOON - timedelta(hours=1), "waiting", sek("12450.00"), None)


def _row(account: int, text: str, article: str, quantity: int, price: str, amount: str, why: str) -> dict[str, Any]:
    return {
        "account": account, "description": text, "article_number": article, "quantity": quantity, "unit_price": price,
        "vat_percent": "25", "amount": amount, "why": why,
    }  # fmt: skip


def _voucher(text: str, *entries: tuple[int, str, str]) -> dict[str, Any]:
    named = [{"account": account, "debit": debit, "credit": credit} for account, debit, credit in entries]
    return {"day": "2026-11-22", "text": text, "entries": named}


PLAN = {
    "outcome": "plan",
    "rules_version": 1,
    "documents": [{
        "key": "invoice", "kind": "invoice", "credits": "", "linked": False,
        "day": "2026-11-22", "customer_number": "SH-7", "customer_name": "Åsa Öberg", "currency": "SEK",
        "total": "1249.00", "total_vat": "249.80", "reference1": "#1001", "reference2": "pay_8821",
        "way_of_delivery": "P",
        "rows": [
            _row(3001, "Keramikvas Havet, stor", "VAS-01", 2, "600.00", "1200.00", "goods to SE; rate 25 % as charged"),
            _row(3051, "PostNord ombud", "", 1, "49.00", "49.00", "shipping follows the goods"),
        ],
        "vat": [{"vat_percent": "25", "net": "999.20", "vat": "249.80"}],
        "payments": [
            {"day": "2026-11-22", "amount": "1249.00", "currency": "SEK", "account": 1580,
             "role": "psp.shopify_payments.sek", "reference": "pay_8821"},
        ],
    }],
    "vouchers": [
        _voucher("Kundfaktura #1001", (1510, "1249.00", "0.00"), (3001, "0.00", "960.00"), (3051, "0.00", "39.20"),
                 (2611, "0.00", "249.80")),
        _voucher("Inbetalning #1001", (1580, "1249.00", "0.00"), (1510, "0.00", "1249.00")),
    ],
    "notices": [],
}  # fmt: skip


def _steps() -> tuple[Step, ...]:
    request = {"Invoice": {"CustomerNumber": "SH-7", "VATIncluded": True, "InvoiceRows": [{"ArticleNumber": "VAS-01"}]}}
    answer = {"Invoice": {"DocumentNumber": "10231", "Total": 1249, "Balance": 1249}}
    call = Call(NOON, "done", 201, request, answer)
    return (
        Step(
            "EnsureCustomer",
            "customer:SH-7",
            "done",
            NOON,
            "SH-7",
            (Call(NOON, "looked_up", 404, None, {"Code": 2000433}),),
        ),
        Step("CreateInvoice", "invoice", "done", NOON, "10231", (call,)),
        Step("BookInvoice", "invoice:book", "sending", NOON),
    )


DIFFERING = {"document": "12", "shop_amount": "499.00 SEK", "books_amount": "kreditfaktura 13"}


def _details() -> dict[int, OrderDetail]:
    line = CameLine("Keramikvas Havet, stor", "VAS-01", 2, sek("1200.00"), sek("100.00"), sek("240.00"), ("25",))
    freight = CameLine("PostNord ombud", "", 1, sek("49.00"), sek("0.00"), sek("9.80"), ("25",))
    paid = CameTransaction("sale", "shopify_payments", succeeded=True, amount=sek("1249.00"), at=NOON)
    booked = OrderDetail(
        row=BOOKED, shop="bjork.myshopify.com", booked=sek("1249.00"), lines=(line, freight), tax=sek("249.80"),
        transactions=(paid,), plan=PLAN, steps=_steps(), findings=(), calls=4,
        came={"name": "#1001", "note": "<script>"},
    )  # fmt: skip
    currency = Found("FORTNOX_CURRENCY_NOT_FOUND", {"currency": "NOK"}, NOON)
    manual = Found("SHOPIFY_MANUAL_ORDER_MARKED_PAID", {}, NOON)
    changed = Found("PAYMENT_EXCEEDS_TOTAL", {"received_amount": "120.50 SEK", "shop_amount": "120.00 SEK"}, NOON)
    stopped = replace(
        booked, row=STOPPED, booked=None, steps=(), findings=(currency,), plan={"outcome": "stopped", "findings": []}
    )
    return {
        1: booked,
        2: stopped,
        3: replace(booked, row=ODD, booked=sek("120.50"), findings=(changed, manual)),
        4: replace(
            booked,
            row=WAITING,
            booked=None,
            steps=(),
            transactions=(),
            plan={"outcome": "waiting", "reason": "not_paid"},
        ),
        5: replace(
            booked,
            findings=(Found("DIFFERS_IN_BOOKS", DIFFERING, NOON, id=77, choices=("accept",)),),
            answers=(AnswerView(9, "CREDIT_PERIOD_LOCKED", "R1", "move", "bo@example.se", NOON, holds=True),),
        ),
    }


@dataclass
class SampleAnswering:
    """Takes one answer to one question of order 5."""

    reading: SampleReading

    def __call__(
        self, tenant_id: int | None, order_id: int, finding_id: int, answer: str, by: str, number: str = ""
    ) -> bool:
        known = (order_id, finding_id, answer, number) == (5, 77, "accept", "") and tenant_id == self.reading.tenant_id
        self.reading.answered += [(answer, by)] if known else []
        return known

    def take_back(self, tenant_id: int | None, order_id: int, answer_id: int, by: str) -> bool:
        known = (order_id, answer_id) == (5, 9) and tenant_id == self.reading.tenant_id
        self.reading.answered += [("", by)] if known else []
        return known


@dataclass
class SampleReading:
    """Answers from memory, but connections from the database: the connect flows write those."""

    store: Store
    tenant_id: int
    rows: tuple[OrderRow, ...] = (WAITING, ODD, STOPPED, BOOKED)
    retried: list[object] = field(default_factory=list)
    answered: list[tuple[str, str]] = field(default_factory=list)
    quiet: bool = False
    reading: RefreshProgress | None = None
    lacking: tuple[NotGranted, ...] = ()

    def connections(self, tenant_id: int | None) -> Sequence[ConnectionView]:
        with self.store.read() as session:
            found = session.scalars(select(Connection).order_by(Connection.id)).all()
            return [
                ConnectionView(
                    row.platform,
                    row.display_name,
                    row.account,
                    row.state,
                    row.grant,
                    NOON,
                    reading=self.reading,
                    settled_until=str(row.payouts_known_until or ""),
                    not_granted=self.lacking,
                )
                for row in found
                if tenant_id in {None, row.tenant_id}
            ]

    def home(self, tenant_id: int | None, now: datetime) -> Home:
        assert tenant_id in {None, self.tenant_id}
        assert now.tzinfo is not None
        if self.quiet:
            return Home(OrderFigures(0, 0, 0, 0, (), None, None))
        waits = OldestWaiting(WAITING.id or 0, WAITING.name, WAITING.processed_at)
        differences = (sek("0.00"), Money.of("-0.50", "NOK"))
        return Home(OrderFigures(42, 38, 1, 3, differences, Decimal("4.05"), waits))

    def orders(self, tenant_id: int | None, wanted: OrderFilter) -> OrderList:
        fitting = [
            row
            for row in self.rows
            if tenant_id in {None, self.tenant_id}
            and (not wanted.state or row.state == wanted.state)
            and (not wanted.code or wanted.code in row.codes)
            and wanted.search in row.name
        ]
        start = (wanted.page - 1) * 50
        return OrderList(tuple(fitting[start : start + 50]), len(fitting), max(1, -(-len(fitting) // 50)))

    def order(self, tenant_id: int | None, order_id: int) -> OrderDetail | None:
        return _details().get(order_id) if tenant_id in {None, self.tenant_id} else None

    def findings(self, tenant_id: int | None) -> Sequence[FindingGroup]:
        if self.quiet or tenant_id not in {None, self.tenant_id}:
            return []
        orders = tuple(AffectedOrder(f"#10{number:02}", NOON, f"/orders/{number}") for number in range(2, 14))
        return [
            FindingGroup("FORTNOX_CURRENCY_NOT_FOUND", 40, NOON, {"currency": "NOK"}, orders),
            FindingGroup(
                "FORTNOX_VAT_NOT_FOUND",
                3,
                NOON,
                {},
                orders[:3],
                (Incident("25.5 %", 2, {"rate": "25.5"}), Incident("14 %", 1, {"rate": "14"})),
            ),
            FindingGroup("SHOPIFY_MANUAL_ORDER_MARKED_PAID", 1, NOON, {}, orders[:1]),
            FindingGroup("PAYOUT_LINE_UNMATCHED", 1, NOON, {}, (AffectedOrder("klarna:K-1", NOON, "/payouts/77"),)),
        ]

    @property
    def answering(self) -> SampleAnswering:
        return SampleAnswering(self)

    def retry_order(self, tenant_id: int | None, order_id: int) -> bool:
        self.retried.append(order_id)
        return self.order(tenant_id, order_id) is not None

    def retry_payout(self, tenant_id: int | None, payout_id: int) -> bool:
        self.retried.append(payout_id)
        return tenant_id in {None, self.tenant_id}

    def retry_code(self, tenant_id: int | None, code: str, about: str = "", by: str = "") -> int:
        self.retried.append(f"{code} {about} {by}" if about else code)
        groups = [group for group in self.findings(tenant_id) if group.code == code]
        if about:
            return sum(incident.count for group in groups for incident in group.incidents if incident.about == about)
        return sum(group.count for group in groups)
