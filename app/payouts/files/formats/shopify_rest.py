"""Shopify Payments, balance transactions of the older REST (shopify-api.md 4.2). Ids and payouts are the API's own.

So a payout that the API reported is the same payout, and its lines are the same lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.model.payout import Payout
from app.payouts.files.balance_report import FIELDS, HEADER, STATED, STATED_DAY, STATED_STATUS
from app.payouts.files.description import Entry, Format, Grouped, Sheet
from app.payouts.files.faults import Fault, FileNotUnderstoodError
from app.payouts.files.formats.shopify import PROVIDER
from app.payouts.files.records import Record, column_key
from app.shops.base import BodyNotUnderstoodError
from app.shops.shopify.payouts.lines import THE_PAYOUT_ITSELF, rest_line
from app.shops.shopify.payouts.payout import rest_payout

Json = Mapping[str, Any]


def _entry(record: Record) -> Entry:
    currency = record.currency("currency")
    amount, fee, net = (record.money(name, currency) for name in ("amount", "fee", "net"))
    if net not in (amount - fee, amount + fee):
        raise record.contradiction("net", net, amount - fee)
    at = record.moment("processed_at")
    try:
        line = rest_line(_body(record))
    except BodyNotUnderstoodError as error:
        raise record.fault("id", Fault("FILE_ROW_NOT_UNDERSTOOD", {"text": str(error)})) from error
    return Entry(
        line, at=at, file_line=record.line, payout_id=record.word("payout_id"), is_payout=_is_payout(record)
    )  # fmt: skip


def _body(record: Record) -> Json:
    """The balance transaction as REST reports it."""
    body = {name: record.text(name).strip() or None for name in FIELDS}
    return body | {"test": record.text("test").strip().lower() == "true"}


def _group(sheet: Sheet, _entries: Sequence[Entry]) -> Grouped:
    """Payouts whose amount the file states: by the payout's own row, or by its `payouts`.

    Lines of any other payout wait: a file that ends in the middle of a payout must not make a smaller one of it.
    """
    by_payout: dict[str, list[Record]] = {}
    for record in sheet.records:
        by_payout.setdefault(record.word("payout_id"), []).append(record)
    payouts_by_id = {
        payout_id: payout for payout_id, rows in by_payout.items() if payout_id and (payout := _payout(rows))
    }
    payouts = tuple(_built_payout(payout, by_payout[payout_id]) for payout_id, payout in payouts_by_id.items())
    waiting = (record for payout_id, rows in by_payout.items() if payout_id not in payouts_by_id for record in rows)
    return Grouped(payouts, sum(not _is_payout(record) for record in waiting))


def _payout(rows: Sequence[Record]) -> Json | None:
    """The payout that these rows belong to, in REST's shape; None where nothing states its amount."""
    stated = next((row for row in rows if row.word(STATED) and row.word(STATED_DAY)), None)
    if stated is not None:
        stated_values = {
            "amount": stated.text(STATED),
            "date": stated.text(STATED_DAY),
            "status": stated.text(STATED_STATUS),
        }
        return stated_values | {"id": stated.word("payout_id"), "currency": stated.word("currency")}
    own = next((row for row in rows if _is_payout(row)), None)
    if own is None:
        return None
    currency = own.currency("currency")
    return {
        "id": own.word("payout_id"),
        "date": own.moment("processed_at").date().isoformat(),
        "currency": currency,
        "amount": str((-own.money("net", currency)).decimal),
        "status": own.word("payout_status"),
    }


def _built_payout(payout: Json, rows: Sequence[Record]) -> Payout:
    try:
        return rest_payout(payout, [_body(row) for row in rows], shop="")
    except BodyNotUnderstoodError as error:
        values = {"text": str(error)}
        raise FileNotUnderstoodError(Fault("FILE_ROW_NOT_UNDERSTOOD", values), rows[0].line, "payout_id") from error


def _is_payout(record: Record) -> bool:
    return record.word("type").lower() in THE_PAYOUT_ITSELF


FORMATS = (
    Format(
        provider=PROVIDER,
        name="Shopify Payments, REST",
        columns=frozenset(map(column_key, HEADER)),
        amounts=(),
        days=(),
        reader=lambda _: _entry,
        group=_group,
    ),
)
