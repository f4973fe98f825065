"""PayPal, activity download and statement (qliro-api.md 7.3): a settlement per withdrawal and currency.

A statement (OCA/bank-statement-import, PayPal, "Statement report") has no status: every row of it moved the balance.

A withdrawal need not empty the balance: what the column Balance says stood there before and stays behind are CARRIED
lines. A balance in another currency is withdrawn by a conversion that refers to the withdrawal: then that currency is
the settlement's, and what the bank got is its `bank_amount`. Other conversions have no kind of ours and become OTHER.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from app.kit.money import Money
from app.model.payout import MatchKey, Payout, PayoutLine, PayoutLineKind
from app.payouts.files.cells import DayOrder
from app.payouts.files.description import Entry, Format, Grouped, Sheet, as_booked
from app.payouts.files.faults import Fault
from app.payouts.files.formats.paypal_columns import CODE, IMPACT, STATEMENT, fits_english, header_of
from app.payouts.files.formats.paypal_words import MEMO, State, is_conversion, is_withdrawal, kind_of, state_of
from app.payouts.files.grouping import in_time, payout
from app.payouts.files.left_out import LeftOut, Reason
from app.payouts.files.records import Record, column_key

PROVIDER = "paypal"

_KEYS = {
    MatchKey.TRANSACTION_ID: ("Transaction ID",),
    MatchKey.PAYMENT_ID: ("Invoice Number",),
    MatchKey.PROVIDER_ORDER_ID: ("Reference Txn ID",),
}
_ATTEMPT = re.compile(r"\.\d{1,2}$")
"""What Shopify puts behind an order's number for each attempt to pay it: `1009.1`."""


def _entry(record: Record) -> Entry | LeftOut | None:
    raw_kind, code = record.needed("Type"), record.word(CODE)
    withdrawal = is_withdrawal(raw_kind, code)
    status = record.word("Status")
    currency = record.currency("Currency")
    gross, net = record.money("Gross", currency), record.money("Net", currency)
    is_memo = record.word(IMPACT).casefold() in MEMO
    state = state_of(status) if record.has("Status") else State.MOVED
    if state is None and not is_memo:
        raise record.fault("Status", Fault("FILE_WORD_NOT_KNOWN", {"word": status}))
    # A withdrawal leaves the balance while it is still on its way.
    is_on_its_way = withdrawal and state is State.WAITING
    if is_memo or state is State.ENDED:
        text = record.word("Name", "Subject")
        word = status or record.word(IMPACT)
        return LeftOut(record.line, Reason.STATUS, text, word, gross.decimal, -record.number("Fee"))
    if state is State.WAITING and not is_on_its_way:
        return None
    computed = gross + record.money("Fee", currency)
    if computed != net:
        raise record.contradiction("Net", net, computed)
    kind = kind_of(raw_kind, code, gross)
    amount, fee = as_booked(kind, gross, gross - net)
    at = record.moment("Date", record.word("TimeZone", "Time Zone"), clock="Time")
    return Entry(
        PayoutLine(
            id=record.needed("Transaction ID"),
            kind=kind,
            occurred_on=at.date(),
            amount=amount,
            fee=fee,
            keys=with_order_name(record.keys(_KEYS)),
            text=record.word("Name", "Subject"),
            raw_kind=raw_kind,
        ),
        at=at,
        file_line=record.line,
        is_payout=withdrawal,
        is_final=not is_on_its_way,
        balance=record.money("Balance", currency) if record.text("Balance").strip() else None,
        refers_to=record.word("Reference Txn ID"),
        is_conversion=is_conversion(raw_kind, code),
    )


def with_order_name(keys: Mapping[MatchKey, str]) -> dict[MatchKey, str]:
    """Keys with the order's number, which shops give as invoice number: some put the attempt to pay behind it."""
    invoice = keys.get(MatchKey.PAYMENT_ID)
    return {**keys, MatchKey.ORDER_NAME: _ATTEMPT.sub("", invoice)} if invoice else dict(keys)


def _group(sheet: Sheet, entries: Sequence[Entry]) -> Grouped:
    withdrawals = _converted_withdrawals(entries)
    passed_through = {part.line.id for parts in withdrawals.values() for part in parts}
    waiting: dict[str, list[Entry]] = {}
    left: dict[str, Entry] = {}
    payouts: list[Payout] = []
    for entry in in_time(entries):
        of_currency = waiting.setdefault(entry.currency, [])
        if entry.line.id in passed_through:
            continue
        if entry.line.id in withdrawals or entry.is_payout:
            withdrawal = withdrawals[entry.line.id][0] if entry.line.id in withdrawals else entry
            payouts.append(_payout(entry, of_currency, withdrawal, left.get(entry.currency)))
            left[entry.currency] = entry
            of_currency.clear()
        else:
            of_currency.append(entry)
    waiting_states = [state_of(record.word("Status")) for record in sheet.records]
    moved = {entry.file_line for entry in entries}
    unmoved = sum(
        state is State.WAITING and record.line not in moved and record.word(IMPACT).casefold() not in MEMO
        for record, state in zip(sheet.records, waiting_states, strict=True)
    )
    return Grouped(tuple(payouts), unmoved + sum(len(of_currency) for of_currency in waiting.values()))


def _converted_withdrawals(entries: Sequence[Entry]) -> dict[str, tuple[Entry, Entry]]:
    """By the id of the conversion that drew on another currency: the withdrawal, and the conversion that fed it.

    Only where the latter two cancel out; else the withdrawal took from a balance of its own currency too.
    """
    withdrawals = {entry.line.id: entry for entry in entries if entry.is_payout}
    conversions: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.refers_to in withdrawals and entry.is_conversion:
            conversions.setdefault(entry.refers_to, []).append(entry)
    pairs: dict[str, tuple[Entry, Entry]] = {}
    for identity, parts in conversions.items():
        withdrawal = withdrawals[identity]
        into = [part for part in parts if part.currency == withdrawal.currency]
        out = [part for part in parts if part.currency != withdrawal.currency]
        if len(into) == len(out) == 1 and into[0].line.net == -withdrawal.line.net:
            pairs[out[0].line.id] = withdrawal, into[0]
    return pairs


def _payout(withdrawal_entry: Entry, of_currency: Sequence[Entry], withdrawal: Entry, before: Entry | None) -> Payout:
    """The lines since the withdrawal `before`, with what that one left and what this one leaves.

    What stood there before the file begins is no such line: its sales may have been booked by nobody.
    """
    built = payout(PROVIDER, withdrawal.line.id, of_currency, [withdrawal_entry])
    opening = before.balance if before else None
    lines = list(built.lines)
    if opening:
        lines.insert(0, _carried(withdrawal_entry, "opening", opening))
    if withdrawal_entry.balance:
        lines.append(_carried(withdrawal_entry, "closing", -withdrawal_entry.balance))
    return replace(
        built,
        paid_on=withdrawal.at.date(),
        lines=tuple(lines),
        is_final=withdrawal.is_final,
        bank_amount=-withdrawal.line.net if withdrawal.currency != withdrawal_entry.currency else None,
    )


def _carried(withdrawal_entry: Entry, which: str, amount: Money) -> PayoutLine:
    return PayoutLine(
        id=f"{withdrawal_entry.line.id} {which}",
        kind=PayoutLineKind.CARRIED_FORWARD,
        occurred_on=withdrawal_entry.line.occurred_on,
        amount=amount,
        fee=Money.zero(amount.currency),
        raw_kind="Balance",
    )


_ACTIVITY = Format(
    provider=PROVIDER,
    name="PayPal, activity",
    columns=frozenset(
        map(column_key, ("Date", "Time", "Type", "Status", "Currency", "Gross", "Fee", "Net", "Transaction ID"))
    ),
    amounts=("Gross", "Fee", "Net", "Balance"),
    days=("Date",),
    reader=lambda _: _entry,
    group=_group,
    fits=fits_english,
)
_BY_PLACE = replace(_ACTIVITY, columns=frozenset(), fits=None, decimals=None)
"""Columns are known by place and value."""

FORMATS = (
    _ACTIVITY,
    replace(_BY_PLACE, name="PayPal, activity in another language", day_order=DayOrder.DAY_FIRST, header_of=header_of),
    replace(_BY_PLACE, name="PayPal, statement", header_of=partial(header_of, layout=STATEMENT)),
)
