"""Groups rows into payouts: by the payout's id where rows have one, else all rows until the payout's own row. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from app.kit.money import Money, total
from app.model.payout import Payout, PayoutLine
from app.payouts.files.description import Entry, Grouped, Sheet
from app.payouts.files.faults import Fault, FileNotUnderstoodError


def by_payout_id(
    provider: str, *, stated: Mapping[str, Money] | None = None, is_captured: bool = False
) -> Callable[[Sheet, Sequence[Entry]], Grouped]:
    """Group rows that name their payout; rows without one are pending. One payout per account, id and currency.

    Paid out is what the payout's own row says, else what the file states (`stated`, by payout id), else the sum of the
    lines: then nothing proves that the file has all of them, unless the format does (`is_captured`).
    """

    def group(_: Sheet, entries: Sequence[Entry]) -> Grouped:
        groups: dict[tuple[str, str, str], list[Entry]] = {}
        pending = 0
        for entry in entries:
            if entry.payout_id:
                groups.setdefault((entry.account, entry.payout_id, entry.currency), []).append(entry)
            else:
                pending += 1
        ids = Counter((account, payout_id) for account, payout_id, _ in groups)
        return Grouped(
            tuple(
                payout(
                    provider,
                    payout_id if ids[account, payout_id] == 1 else f"{payout_id} {currency}",
                    [entry for entry in group if not entry.is_payout],
                    [entry for entry in group if entry.is_payout],
                    stated=(stated or {}).get(payout_id),
                    is_captured=is_captured,
                )
                for (account, payout_id, currency), group in groups.items()
            ),
            pending,
        )

    return group


def as_one_payout(provider: str) -> Callable[[Sheet, Sequence[Entry]], Grouped]:
    """All rows of a file are one payout per account and currency, named by its first and last day."""

    def group(sheet: Sheet, entries: Sequence[Entry]) -> Grouped:
        days = sorted(entry.at.date() for entry in entries)
        name = " – ".join(dict.fromkeys(str(day) for day in (days[:1] + days[-1:])))
        return by_payout_id(provider)(sheet, [replace(entry, payout_id=name) for entry in entries])

    return group


def until_the_payout(provider: str) -> Callable[[Sheet, Sequence[Entry]], Grouped]:
    """Group rows up to and with each payout's row, per account and currency; rows after the last one are pending."""

    def group(_: Sheet, entries: Sequence[Entry]) -> Grouped:
        waiting: dict[tuple[str, str], list[Entry]] = {}
        payouts: list[Payout] = []
        for entry in in_time(entries):
            entries_of_account = waiting.setdefault((entry.account, entry.currency), [])
            if entry.is_payout:
                payouts.append(payout(provider, entry.payout_id or entry.line.id, entries_of_account, [entry]))
                entries_of_account.clear()
            else:
                entries_of_account.append(entry)
        return Grouped(tuple(payouts), sum(len(entries_of_account) for entries_of_account in waiting.values()))

    return group


def in_time(entries: Sequence[Entry]) -> list[Entry]:
    """Oldest first. Rows of one moment keep the file's order, which is turned where the file has the newest first."""
    is_newest_first = bool(entries) and entries[0].at > entries[-1].at
    return sorted(reversed(entries) if is_newest_first else entries, key=lambda entry: entry.at)


def payout(
    provider: str,
    identity: str,
    entries: Iterable[Entry],
    payouts: Sequence[Entry],
    *,
    stated: Money | None = None,
    is_captured: bool = False,
) -> Payout:
    """One payout of its lines. Raises FileNotUnderstoodError where its rows contradict each other."""
    entries = list(entries)
    together = [*entries, *payouts]
    currency = together[0].currency
    days = {entry.paid_on for entry in together if entry.paid_on}
    if len(days) > 1:
        values = {"payout": identity, "days": ", ".join(map(str, sorted(days)))}
        raise FileNotUnderstoodError(Fault("FILE_PAYOUT_SEVERAL_DAYS", values))
    paid_out = stated
    if payouts:
        paid_out = -total((entry.line.net for entry in payouts), currency)
    lines = numbered(entries)
    return Payout(
        provider=provider,
        account=together[0].account,
        id=identity,
        paid_on=days.pop() if days else max(entry.at for entry in payouts or together).date(),
        currency=currency,
        paid_out=total((line.net for line in lines), currency) if paid_out is None else paid_out,
        lines=lines,
        is_captured=is_captured or paid_out is not None,
        is_final=all(entry.is_final for entry in together),
        bounced=any(entry.bounced for entry in together),
    )


def numbered(entries: Iterable[Entry]) -> tuple[PayoutLine, ...]:
    """The lines of one payout; rows alike in everything that distinguishes rows are numbered."""
    seen: Counter[str] = Counter()
    lines: list[PayoutLine] = []
    for entry in entries:
        if not entry.is_hashed:
            lines.append(entry.line)
            continue
        seen[entry.line.id] += 1
        lines.append(replace(entry.line, id=f"{entry.line.id}-{seen[entry.line.id]}"))
    return tuple(lines)
