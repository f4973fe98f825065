"""Imports a case's file for a tenant of its own, as a person does, and looks when all that followed is done."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from app.jobs.inbox import make_due
from app.payouts.files import DayOrder, RowsTwice
from app.payouts.imports.payout_files import FileRefusedError, Preview
from app.payouts.imports.refused_files import refusals
from app.payouts.line_answer_store import LineAnswerError, LineAnswering
from app.payouts.repository import read_payout
from app.schema import Finding, Job, JobState, Operation, PayoutLineUse, Snapshot, StoredPayout
from sandbox.payout_cases.mapping import NAME, NoMapError, column_map, provider_of, without
from sandbox.payout_cases.observing import Observation, ObservedPayout, payout_of
from sandbox.payout_cases.reading import BrokenCaseError, Case, read_case
from sandbox.shopify.spec import OrderSpec
from sandbox.stories.observing import ReadFinding, balances
from sandbox.stories.playing import read_finding, rest, voucher_of
from sandbox.stories.reading import Story
from sandbox.stories.stage import Stage, Tenancy

_BOOK = re.compile(r"[Bb]ook (?:an )?order (?:(?P<name>#\S+) )?of (?P<amount>[\d.]+), paid with (?P<gateway>\w+)")
_MAPS_ACCOUNTS = re.compile(r"[Mm]ap a clearing account and a fee account for (.+?) first")
_BY = "case"
_CLEARING = 1589
"""Of a provider that has no account of its own, where the case says that one is mapped."""
_ACCOUNTS = {1590: "Svea", 1591: "Adyen"}
"""Clearing accounts of the default roles that a standard chart lacks: their companies add them."""
_PLACEHOLDER = b"PAYMENTID"


@dataclass
class Played:
    """A tenant of a case and what its steps made."""

    stage: Stage
    tenancy: Tenancy
    order: str = ""
    payment_id: str = ""


def play(stage: Stage, case: Case) -> tuple[Observation, dict[str, Observation]]:
    """What stands after the file, and after each answer that a person then gives; one that cannot be given is left out.

    Of several answers each is given to a file of its own.
    """
    answers = [str(one["answer"]) for outcome in case.outcomes for one in outcome.get("answers", ())]
    given = {words: said for words in answers if (said := _answer(words))}
    return _played(stage, case, None), {words: _played(stage, case, said) for words, said in given.items()}


def stops_without(stage: Stage, case: Case, column: str) -> str:
    """Why a map without this column, all else equal, does not stop the file; empty where it does.

    A file that is known without a map stands for itself: nobody is asked for a map that could miss a column.
    """
    fewer = without(case.columns, column)
    if fewer == dict(case.columns):
        return f"the case's map does not name {column}"
    try:
        found = _played(stage, replace(case, expect={**(case.expect or {}), "map": fewer}), None)
    except NoMapError:
        return ""
    if found.recognised not in ("by_map", "refused"):
        return ""
    if found.payouts or not any(finding.code.startswith("FILE_") for finding in found.findings):
        return f"a map without {column} does not stop the file"
    return ""


def _answer(words: str) -> RowsTwice | DayOrder | None:
    """What an answer says of equal rows, or of days that can be read in two ways."""
    said: dict[str, RowsTwice | DayOrder] = {
        "is one row": RowsTwice.ONE, "are two": RowsTwice.EACH,
        "month stands first": DayOrder.MONTH_FIRST, "month first": DayOrder.MONTH_FIRST,
        "day stands first": DayOrder.DAY_FIRST, "day first": DayOrder.DAY_FIRST,
    }  # fmt: skip
    return next((meant for part, meant in said.items() if part in words.casefold()), None)


def _played(stage: Stage, case: Case, answer: RowsTwice | DayOrder | None) -> Observation:
    earlier = _earlier(case)
    played = Played(stage, stage.found(_tenant_of(case, *earlier), _ACCOUNTS))
    _do_steps(played, case.steps)
    for one in earlier:
        if one.steps != case.steps:
            _do_steps(played, one.steps)
        words = (str(told["answer"]) for outcome in one.outcomes for told in outcome.get("answers", ()))
        _import(played, one, next((said for text in words if (said := _answer(text)) is not None), None))
    return _import(played, case, answer)


def _earlier(case: Case) -> list[Case]:
    """The files that are imported before, oldest first: each may itself stand after another. Raises BrokenCaseError."""
    found: list[Case] = []
    while case.after is not None:
        case = read_case(case.after)
        if any(one.path == case.path for one in found):
            raise BrokenCaseError(f"{case.path.name} stands after itself")
        found.insert(0, case)
    return found


def _tenant_of(*cases: Case) -> Story:
    rules: dict[str, Any] = {}
    for case in cases:
        if _MAPS_ACCOUNTS.search(case.steps):
            stems = {provider_of(case.columns), *map(str, _recognised(case))} - {"by_map", "refused"}
            rules.setdefault("accounts", {}).update({f"psp.{stem}.sek": _CLEARING for stem in sorted(stems)})
    return Story(cases[0].path.name, "", "default", rules, {}, (), None, b"")


def _recognised(case: Case) -> list[Any]:
    found = (case.expect or {}).get("recognised", [])
    return found if isinstance(found, list) else [found]


def _do_steps(played: Played, steps: str) -> None:
    """Book the orders that the steps name, through the shop."""
    for found in _BOOK.finditer(steps):
        spec = {
            "lines": [{"title": "Vas Björk", "sku": "GF-VAS-01", "price": found["amount"]}],
            "buyer": {"email": "anna@example.se", "billing": {"first_name": "Anna", "last_name": "Lindqvist"}},
            "payments": [{"gateway": found["gateway"].lower()}],
            "processed_at": "2026-11-10T09:00:00Z",
        }  # fmt: skip
        if found["name"]:
            spec["name"] = found["name"]
        shop = played.tenancy.shop
        order = played.stage.shopify.merchant.create(shop, OrderSpec.model_validate(spec), silent=True)
        with played.stage.program.store.write() as session:
            make_due(session, played.tenancy.tenant_id, played.tenancy.shop_id, f"order:shopify:{order.id}")
        rest(played.stage, played.tenancy)
        played.order = order.name
        played.payment_id = str(order.transactions[-1].get("payment_id") or "")


def _import(played: Played, case: Case, answer: RowsTwice | DayOrder | None = None) -> Observation:
    content = case.path.read_bytes()
    if played.payment_id:
        content = content.replace(_PLACEHOLDER, played.payment_id.encode())
    found, problems = _taken(played, case, content, answer)
    rest(played.stage, played.tenancy)
    _give_bank_amounts(played, case, found)
    return _observe(played, found, problems)


def _give_bank_amounts(played: Played, case: Case, found: Preview | None) -> None:
    """Say what the bank got, as the case has it: only where its voucher is to be booked and the sum is not proven."""
    outcomes = [each for one in case.outcomes for each in (one, *one.get("answers", ()))]
    wanted = [one for outcome in outcomes for one in outcome.get("payouts", ()) if one.get("voucher") != {}]
    with played.stage.program.store.read() as session:
        rows = list(session.scalars(select(StoredPayout).where(StoredPayout.tenant_id == played.tenancy.tenant_id)))
    answering = LineAnswering(played.stage.program.store, lambda: None)
    for stored in rows if found else ():
        told = read_payout(stored.content)
        amounts = {one.get("paid_out") for one in wanted if one.get("id", told.id) == told.id}
        if not told.is_captured and told.paid_out.decimal in amounts:
            with suppress(LineAnswerError):  # booked by an earlier import
                answering.bank_amount(played.tenancy.tenant_id, stored.id, str(told.paid_out.decimal), _BY)
    rest(played.stage, played.tenancy)


def _taken(
    played: Played, case: Case, content: bytes, answer: RowsTwice | DayOrder | None
) -> tuple[Preview | None, list[ReadFinding]]:
    """Import as a person does: where the file is not known and the case says what its columns are, by that map."""
    files, tenant_id = played.stage.program.payout_files, played.tenancy.tenant_id
    try:
        file_id = files.keep(tenant_id, case.path.name, content, by=_BY)
    except FileRefusedError as error:
        return None, [read_finding(error.problem.fault.code, dict(error.problem.fault.values))]
    found = files.preview(tenant_id, file_id)
    if found is not None and not found.format and not found.problems and case.columns:
        files.save_map(tenant_id, column_map(case.columns), by=_BY)
    if isinstance(answer, RowsTwice):
        files.say_rows_twice(tenant_id, file_id, answer)
    elif answer is not None:
        files.say_day_order(tenant_id, file_id, answer)
    found = files.take_in(tenant_id, file_id)
    told = [
        read_finding(refusal.fault.code, {**refusal.fault.values, "line": str(refusal.line)})
        for refusal in refusals(found)
    ]
    return found, told


def _observe(played: Played, found: Preview | None, problems: list[ReadFinding]) -> Observation:
    is_read = found is not None and bool(found.payouts)
    recognised, known_as = "refused", ""
    is_asked = found is not None and (found.asks_about_equal_rows or found.asks_about_days)
    if found is not None and found.format:
        known_as = "by_map" if found.format == NAME else found.provider
        recognised = known_as if not found.problems or is_asked else recognised
    payouts = tuple(_payouts(played, found)) if found is not None and is_read else ()
    with played.stage.program.store.read() as session:
        conditions = (Finding.tenant_id == played.tenancy.tenant_id, Finding.resolved_at.is_(None))
        told = [read_finding(row.code, dict(row.data)) for row in session.scalars(select(Finding).where(*conditions))]
    with played.stage.world.lock:
        entries = [entry.as_json() for entry in played.stage.world.companies[played.tenancy.number].ledger.entries]
    return Observation(
        recognised=recognised,
        known_as=known_as,
        questions=int(is_asked),
        payouts=payouts,
        sums=tuple(_sums(found)),
        left_out=tuple(_left_out(found)),
        findings=(*problems, *told),
        balances=balances([voucher_of(one) for one in entries]),
        pending=found.pending if found else 0,
        booking_order=played.order,
    )


def _sums(found: Preview | None) -> Iterator[dict[str, Any]]:
    for sum_ in found.sums if found else ():
        sum_paid = {"currency": sum_.paid_out.currency, "paid_out": sum_.paid_out.decimal}
        yield {"id": sum_.id, "date": str(sum_.paid_on), **sum_paid}


def _left_out(found: Preview | None) -> Iterator[dict[str, Any]]:
    for one in found.left_out if found else ():
        yield {"line": one.line, "text": one.text, "amount": one.amount, "fee": one.fee, "why": one.reason.value}


def _payouts(played: Played, found: Preview) -> Iterator[ObservedPayout]:
    """The payouts of the file as they are stored: what the file says and is not stored is no payout."""
    ids = {payout.payout.key for payout in found.payouts}
    with played.stage.program.store.read() as session:
        rows = session.execute(
            select(StoredPayout, Job)
            .join(Job, Job.payout_id == StoredPayout.id)
            .where(
                StoredPayout.tenant_id == played.tenancy.tenant_id,
                StoredPayout.provider == found.provider,
                StoredPayout.number.in_(ids),
            )
            .order_by(StoredPayout.id)
        ).all()
        for stored, job in rows:
            uses = select(PayoutLineUse.line_id, Snapshot.name).join(
                Snapshot, Snapshot.order_id == PayoutLineUse.order_id
            )
            here = PayoutLineUse.payout_id == stored.id
            orders = {row.line_id: row.name for row in session.execute(uses.where(here))}
            steps = select(Operation.remote_id).where(Operation.job_id == job.id, Operation.state == "done")
            numbers = [one for one in session.scalars(steps) if one]
            vouchers = list(_vouchers(played, numbers))
            yield payout_of(read_payout(stored.content), JobState(job.state).value, orders, vouchers)


def _vouchers(played: Played, numbers: list[str]) -> Iterator[tuple[str, Mapping[str, Decimal]]]:
    with played.stage.world.lock:
        entries = [one.as_json() for one in played.stage.world.companies[played.tenancy.number].ledger.entries]
    for entry in entries:
        if any(_is_number(number, entry) for number in numbers):
            voucher = voucher_of(entry)
            yield voucher.date, voucher.amounts


def _is_number(number: str, entry: Mapping[str, Any]) -> bool:
    return number.replace(" ", "").replace("/", "") == f"{entry['series']}{entry['number']}"
