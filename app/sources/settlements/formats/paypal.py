"""PayPal, activity download (qliro-api.md 7.3): a settlement per withdrawal and currency.

A withdrawal need not empty the balance: what the column Balance says stood there before and stays behind are CARRIED
lines. A balance in another currency is withdrawn by a conversion that refers to the withdrawal: then that currency is
the settlement's, and what the bank got is its `bank_amount`. Other conversions have no kind of ours and become OTHER.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.domain.money import Money
from app.domain.settlements import MatchKey, Settlement, SettlementKind, SettlementLine
from app.sources.settlements.description import Entry, Format, Grouped, Sheet, as_booked, by_sign
from app.sources.settlements.grouping import in_time, settlement
from app.sources.settlements.records import Record, column_key

PROVIDER = "paypal"

_WITHDRAWALS = frozenset(
    ("general withdrawal", "user initiated withdrawal", "withdraw funds to bank account", "auto-sweep")
)
_CONVERSIONS = frozenset(("general currency conversion", "user initiated currency conversion", "currency conversion"))
_PAYMENTS = frozenset(
    (
        "general payment",
        "website payment",
        "express checkout payment",
        "mobile payment",
        "subscription payment",
        "payment",
        "preapproved payment bill user payment",
    )
)
_KINDS = {
    "payment refund": SettlementKind.REFUND,
    "refund": SettlementKind.REFUND,
    "chargeback": SettlementKind.CHARGEBACK,
    "chargeback reversal": SettlementKind.CHARGEBACK_REVERSED,
    "chargeback fee": SettlementKind.FEE,
}
_HOLDS = frozenset(
    (
        "payment hold",
        "payment release",
        "hold on balance for dispute investigation",
        "cancellation of hold for dispute resolution",
        "payment review hold",
        "payment review release",
        "reserve hold",
        "reserve release",
        "general hold",
        "general hold release",
    )
)
_MOVED = frozenset(("completed", "cleared", "partially refunded", "refunded"))
"""Only these have changed the balance; a payment that is pending, denied or cancelled has not."""

_KEYS = {
    MatchKey.TRANSACTION_ID: ("Transaction ID",),
    MatchKey.PAYMENT_ID: ("Invoice Number",),
    MatchKey.PROVIDER_ORDER_ID: ("Reference Txn ID",),
}


def _entry(record: Record) -> Entry | None:
    raw_kind, status = record.needed("Type"), record.word("Status").lower()
    is_withdrawal = raw_kind.lower() in _WITHDRAWALS
    # A withdrawal leaves the balance while it is still on its way.
    is_on_its_way = is_withdrawal and status == "pending"
    if record.word("Balance Impact").lower() == "memo" or not (status in _MOVED or is_on_its_way):
        return None
    currency = record.currency("Currency")
    gross, net = record.money("Gross", currency), record.money("Net", currency)
    computed = gross + record.money("Fee", currency)
    if computed != net:
        raise record.contradiction("Net", net, computed)
    kind = _kind(raw_kind, gross)
    amount, fee = as_booked(kind, gross, gross - net)
    at = record.moment("Date", record.word("TimeZone", "Time Zone"), clock="Time")
    return Entry(
        SettlementLine(
            id=record.needed("Transaction ID"),
            kind=kind,
            occurred_on=at.date(),
            amount=amount,
            fee=fee,
            keys=record.keys(_KEYS),
            text=record.word("Name", "Subject"),
            raw_kind=raw_kind,
        ),
        at=at,
        file_line=record.line,
        is_payout=is_withdrawal,
        is_final=not is_on_its_way,
        balance=record.money("Balance", currency) if record.text("Balance").strip() else None,
        refers_to=record.word("Reference Txn ID"),
    )


def _kind(raw_kind: str, gross: Money) -> SettlementKind:
    name = raw_kind.lower()
    if name in _HOLDS:
        return by_sign(gross, taken=SettlementKind.RESERVE_HELD, given=SettlementKind.RESERVE_RELEASED)
    if name in _PAYMENTS and gross.minor > 0:
        return SettlementKind.CHARGE
    # A payment that leaves is a purchase of the merchant's own, which no order explains.
    return _KINDS.get(name, SettlementKind.OTHER)


def _group(sheet: Sheet, entries: Sequence[Entry]) -> Grouped:
    withdrawals = _converted_withdrawals(entries)
    passed_through = {part.line.id for parts in withdrawals.values() for part in parts}
    waiting: dict[str, list[Entry]] = {}
    left: dict[str, Entry] = {}
    found: list[Settlement] = []
    for entry in in_time(entries):
        lane = waiting.setdefault(entry.currency, [])
        if entry.line.id in passed_through:
            continue
        if entry.line.id in withdrawals or entry.is_payout:
            withdrawal = withdrawals[entry.line.id][0] if entry.line.id in withdrawals else entry
            found.append(_settlement(entry, lane, withdrawal, left.get(entry.currency)))
            left[entry.currency] = entry
            lane.clear()
        else:
            lane.append(entry)
    unmoved = len(sheet.records) - len(entries)
    return Grouped(tuple(found), unmoved + sum(len(lane) for lane in waiting.values()))


def _converted_withdrawals(entries: Sequence[Entry]) -> dict[str, tuple[Entry, Entry]]:
    """By the id of the conversion that drew on another currency: the withdrawal, and the conversion that fed it.

    Only where the latter two cancel out; else the withdrawal took from a balance of its own currency too.
    """
    withdrawals = {entry.line.id: entry for entry in entries if entry.is_payout}
    conversions: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.refers_to in withdrawals and entry.line.raw_kind.lower() in _CONVERSIONS:
            conversions.setdefault(entry.refers_to, []).append(entry)
    pairs: dict[str, tuple[Entry, Entry]] = {}
    for identity, parts in conversions.items():
        withdrawal = withdrawals[identity]
        into = [one for one in parts if one.currency == withdrawal.currency]
        out = [one for one in parts if one.currency != withdrawal.currency]
        if len(into) == len(out) == 1 and into[0].line.net == -withdrawal.line.net:
            pairs[out[0].line.id] = withdrawal, into[0]
    return pairs


def _settlement(payout: Entry, lane: Sequence[Entry], withdrawal: Entry, before: Entry | None) -> Settlement:
    """The lines since the withdrawal `before`, with what that one left and what this one leaves.

    What stood there before the file begins is no such line: its sales may have been booked by nobody.
    """
    built = settlement(PROVIDER, withdrawal.line.id, lane, [payout])
    opening = before.balance if before else None
    lines = list(built.lines)
    if opening:
        lines.insert(0, _carried(payout, "opening", opening))
    if payout.balance:
        lines.append(_carried(payout, "closing", -payout.balance))
    return replace(
        built,
        paid_on=withdrawal.at.date(),
        lines=tuple(lines),
        is_final=withdrawal.is_final,
        bank_amount=-withdrawal.line.net if withdrawal.currency != payout.currency else None,
    )


def _carried(payout: Entry, which: str, amount: Money) -> SettlementLine:
    return SettlementLine(
        id=f"{payout.line.id} {which}",
        kind=SettlementKind.CARRIED,
        occurred_on=payout.line.occurred_on,
        amount=amount,
        fee=Money.zero(amount.currency),
        raw_kind="Balance",
    )


FORMATS = (
    Format(
        provider=PROVIDER,
        name="PayPal, activity",
        columns=frozenset(
            map(column_key, ("Date", "Time", "Type", "Status", "Currency", "Gross", "Fee", "Net", "Transaction ID"))
        ),
        amounts=("Gross", "Fee", "Net", "Balance"),
        days=("Date",),
        reader=lambda _: _entry,
        group=_group,
    ),
)
