"""Holds what came of a file against what is right: each key of an outcome, each payout, each line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from sandbox.payout_cases.observing import Line, Observation, ObservedPayout

Json = dict[str, Any]

_STEMS = {"shopify": "shopify_payments"}
_CHANGED = "PAYOUT_CHANGED_AFTER_BOOKING"
_OF_LINES = frozenset({"PAYOUT_LINE_UNMATCHED", "QLIRO_PAYOUT_NOT_MATCHING"})
_ZERO = Decimal(0)
BANK = "1930"


def differences(outcome: Json, seen: Observation) -> list[str]:
    """What is wrong with one allowed outcome; empty where it holds in full."""
    return [*_file(outcome, seen), *_findings(outcome, seen), *_payouts(outcome, seen)]


def _file(outcome: Json, seen: Observation) -> Iterator[str]:
    if "recognised" in outcome:
        accepted = [_STEMS.get(one, one) for one in _list(outcome["recognised"])]
        if seen.recognised not in accepted and seen.known_as not in accepted:
            yield f"recognised: found {seen.recognised}, expected {' or '.join(accepted)}"
    if "questions" in outcome and seen.questions not in _list(outcome["questions"]):
        yield f"questions: {seen.questions} were asked, expected {outcome['questions']}"
    if outcome.get("booked") is False and any(payout.vouchers for payout in seen.payouts):
        yield "booked: something of the file is booked"
    for wanted in outcome.get("sums", ()):
        if not any(all(sum_.get(key) == value for key, value in wanted.items()) for sum_ in seen.sums):
            yield f"sums: found {list(seen.sums)}, expected {wanted}"
    for wanted in outcome.get("left_out", ()):
        told = {key: value for key, value in wanted.items() if key != "why"}
        if not any(all(_alike(one.get(key), value) for key, value in told.items()) for one in seen.left_out):
            yield f"left_out: {wanted} is not shown as left out"


def _alike(found: object, wanted: object) -> bool:
    return str(found).startswith(wanted) if isinstance(wanted, str) else found == wanted


def _findings(outcome: Json, seen: Observation) -> Iterator[str]:
    lines = [line for one in outcome.get("payouts", ()) for line in one.get("lines", ())]
    ignored = frozenset() if any("order" in one for one in lines) else _OF_LINES
    told = [finding for finding in seen.findings if finding.code not in ignored]
    codes = [one.code for one in told]
    if outcome.get("findings") == [] and codes:
        yield f"findings: expected none, found {', '.join(codes)}"
    for one in outcome.get("findings", ()):
        accepted = _list(one)
        if not any(fnmatchcase(code, pattern) for code in codes for pattern in accepted):
            yield f"findings: expected {' or '.join(accepted)}, found {', '.join(codes) or 'none'}"
    for pattern in outcome.get("never", ()):
        yield from (f"never: {one.code}" for one in seen.findings if fnmatchcase(one.code, pattern))
    words = " ".join(one.words for one in told)
    yield from (f"says: nothing says {one}" for one in outcome.get("says", ()) if one not in words)
    yield from (f"never_says: something says {one}" for one in outcome.get("never_says", ()) if one in words)


def _payouts(outcome: Json, seen: Observation) -> Iterator[str]:
    wanted = outcome.get("payouts")
    is_changed = any(finding.code == _CHANGED for finding in seen.findings)
    for one in seen.payouts:
        yield from _sound(one, is_changed=is_changed)
    if wanted is None:
        return
    if len(wanted) != len(seen.payouts):
        found = [f"{payout.id} {payout.paid_out}" for payout in seen.payouts]
        yield f"payouts: found {found}, expected {len(wanted)}"
        return
    left = list(seen.payouts)
    for one in wanted:
        nearest = min(left, key=partial(_distance, one, seen))
        left.remove(nearest)
        for told in _payout(one, nearest, seen):
            yield f"payout {nearest.id}: {told}"


def _distance(wanted: Json, seen: Observation, payout: ObservedPayout) -> tuple[bool, int]:
    return wanted.get("id", payout.id) != payout.id, len(list(_payout(wanted, payout, seen)))


def _sound(payout: ObservedPayout, *, is_changed: bool) -> Iterator[str]:
    """What holds in every case: vouchers sum to nothing, and the bank's row is what was paid out.

    Of a payout that a file tells otherwise after it was booked, the bank's row stays what was booked.
    """
    left = sum(payout.voucher.values(), _ZERO)
    if left:
        yield f"payout {payout.id}: its vouchers do not sum to nothing"
    bank = payout.voucher.get(BANK, _ZERO)
    if payout.vouchers and payout.currency == "SEK" and not is_changed and bank != payout.paid_out:
        yield f"payout {payout.id}: the bank got {bank}, paid out is {payout.paid_out}"


def _payout(wanted: Json, found: ObservedPayout, seen: Observation) -> Iterator[str]:
    for key in ("id", "date", "currency", "paid_out", "unexplained", "proven"):
        if key in wanted and getattr(found, key) != wanted[key]:
            yield f"{key}: found {getattr(found, key)}, expected {wanted[key]}"
    days = found.days_of(BANK) or found.days  # fees of an earlier month and disputes stand on their own days
    if "date" in wanted and any(day != wanted["date"] for day in days):
        yield f"date: its vouchers are of {', '.join(days)}, expected {wanted['date']}"
    if "lines" in wanted:
        yield from _lines(wanted["lines"], found.lines, seen.booking_order)
    if "line_sums" in wanted:
        yield from _line_sums(wanted["line_sums"], found.lines)
    if "voucher" in wanted:
        yield from _voucher(wanted["voucher"], found.voucher)
    for one in wanted.get("left_out", ()):
        if not any(row.get("amount") == one.get("amount") for row in seen.left_out):
            yield f"left_out: {one} is not shown as left out"


def _lines(wanted: Sequence[Json], found: Sequence[Line], order: str) -> Iterator[str]:
    for name in ("fee", "vat"):
        sums = sum((getattr(one, name) for one in found), _ZERO), sum((one.get(name, _ZERO) for one in wanted), _ZERO)
        if sums[0] != sums[1]:
            yield f"lines: {name} found {sums[0]}, expected {sums[1]}"
    amounts = [line for line in found if line.amount]
    named = [json for json in wanted if json.get("amount")]
    if len(amounts) != len(named):
        with_amount = [(line.kind, str(line.amount)) for line in amounts]
        yield f"lines: found {with_amount}, expected {len(named)} with an amount"
    elif not _pair(named, amounts, order):
        yield f"lines: found {[(one.kind, one.references, str(one.amount), one.day, one.order) for one in amounts]}"


def _pair(wanted: Sequence[Json], found: Sequence[Line], order: str) -> bool:
    """Whether each wanted line has one of its own: Kuhn's matching, for a line may fit several."""
    owner: dict[int, int] = {}

    def place(number: int, tried: set[int]) -> bool:
        for slot, line in enumerate(found):
            if slot not in tried and _fits(wanted[number], line, order):
                tried.add(slot)
                if slot not in owner or place(owner[slot], tried):
                    owner[slot] = number
                    return True
        return False

    return all(place(number, set()) for number in range(len(wanted)))


def _fits(wanted: Json, line: Line, order: str) -> bool:
    references = {reference.lstrip("#") for reference in line.references}
    named = {str(one).lstrip("#") for one in _list(wanted["reference"])} if "reference" in wanted else references
    meant = order if wanted.get("order") == "*" else wanted.get("order")
    return (
        line.amount == wanted["amount"]
        and ("kind" not in wanted or line.kind in _list(wanted["kind"]))
        and ("reference" not in wanted or bool(named & references))
        and wanted.get("day", line.day) == line.day
        and (meant is None or meant.lstrip("#") == line.order.lstrip("#"))
    )


def _line_sums(wanted: Json, found: Sequence[Line]) -> Iterator[str]:
    sums: dict[str, Decimal] = {"fee": _ZERO, "vat": _ZERO, "fees": _ZERO}
    for line in found:
        sums[line.kind] = sums.get(line.kind, _ZERO) + line.amount
        sums["fees"] += line.fee
        sums["vat"] += line.vat
    sums["fee"] = sums["fees"]
    for kind, amount in wanted.items():
        if sums.get(kind, _ZERO) != amount:
            yield f"line_sums: {kind} found {sums.get(kind, _ZERO)}, expected {amount}"
    for kind in sorted(sums.keys() - wanted.keys() - {"fee", "fees", "vat"}):
        if sums[kind]:
            yield f"line_sums: {kind} found {sums[kind]}, expected none"


def _voucher(wanted: Json, found: dict[str, Decimal]) -> Iterator[str]:
    named = {account for key in wanted for account in key.split("+")}
    others = sum((amount for account, amount in found.items() if account not in named), _ZERO)
    for key, amount in wanted.items():
        accounts = key.split("+")
        sums = sum((others if one == "*" else found.get(one, _ZERO) for one in accounts), _ZERO)
        if sums != amount:
            yield f"voucher: {key} found {sums}, expected {amount}"
    if "*" not in named:
        yield from (
            f"voucher: {account} found {amount}, expected none"
            for account, amount in sorted(found.items())
            if account not in named
        )


def _list(value: Any) -> list[Any]:  # noqa: ANN401 -- any JSON
    return value if isinstance(value, list) else [value]
