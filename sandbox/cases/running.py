"""Run a file of cases and say of each: equal, the difference, or not yet and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

from app.execution.preflight import preflight
from app.orders.planning.planner import decide
from app.payouts.planning.disputes import plan_lost
from app.payouts.planning.plan import plan_payout
from app.posting.plan import Plan
from app.shops.shopify.orders.order import normalize
from app.tenants.rules import DocumentCurrency, TenantRules
from sandbox.cases import payouts, stating, tenant
from sandbox.cases.books import CaseBooks, CaseFailedError, Emulator, emulator
from sandbox.cases.clearing import clear_at_payout, waits_for_payout
from sandbox.cases.closing import cut_off, month_end
from sandbox.cases.oss import OSS_PAYMENT, pay_oss, with_orders
from sandbox.cases.payload import graphql_order, not_covered, vat_check_of, vat_number_of
from sandbox.cases.redeeming import as_one, rate_of_cards, redeeming_order
from sandbox.cases.states import COVERED, Story, story, unread

Json = dict[str, Any]

_NEVER = -1
"""Of an order that goes on with a case: nothing begins anew with it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a case."""

    case: str
    title: str
    differences: tuple[str, ...] = ()
    not_yet: str = ""
    """What would have to be there first; such a case is neither right nor wrong."""
    left_out: str = ""
    """Events of the case that are not the shop's."""

    @property
    def word(self) -> str:
        """In one word."""
        if self.not_yet:
            return f"not yet: {self.not_yet}"
        return "different" if self.differences else "equal" + (f" (without {self.left_out})" if self.left_out else "")


def run(file: Path, *, other_chart: bool) -> int:
    """Print a line per case and the count; 1 if any covered case differs, or if none is covered."""
    console = Console(width=200)
    outcomes = []
    for outcome in outcomes_of(file, other_chart=other_chart):
        outcomes.append(outcome)
        console.print(f"{outcome.case}  {outcome.word:<44} {outcome.title}", markup=False, highlight=False)
        for difference in outcome.differences:
            console.print(f"    {difference}", markup=False, highlight=False)
    counted = [sum(one.word.startswith(word) for one in outcomes) for word in ("equal", "different", "not yet")]
    console.print("{} equal, {} different, {} not yet".format(*counted), highlight=False)
    return 0 if counted[0] and not counted[1] else 1


def outcomes_of(file: Path, *, other_chart: bool) -> Iterator[Outcome]:
    """The outcome of every case of a file, in its order."""
    try:
        given = yaml.safe_load(file.read_text(encoding="utf-8"))["examples"]
        cases = [one for one in given if isinstance(one, dict) and isinstance(one.get("input"), dict)]
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError) as error:
        yield Outcome(file.name, "", (f"broken file: {type(error).__name__}: {error}",))
        return
    orders = {
        case_["input"]["name"]: case_["input"]
        for case_ in cases
        if case_["input"].get("type") == "order" and "name" in case_["input"]
    }
    with emulator() as at:
        for place, one in enumerate(given, 1):
            yield _told(at, one, place, cases, orders, other_chart=other_chart)


def _told(
    at: Emulator,
    given: Any,  # noqa: ANN401 -- whatever the file holds
    place: int,
    cases: list[Json],
    orders: Mapping[str, Json],
    *,
    other_chart: bool,
) -> Outcome:
    """One case's outcome. What is wrong with the case itself is a difference, and the others go on."""
    named = given if isinstance(given, dict) else {}
    name, title = str(named.get("id") or f"case {place}"), str(named.get("title") or "")
    try:
        case = with_orders(given, cases)
        missing = _missing(case["input"], orders)
        if missing:
            return Outcome(name, title, not_yet=missing)
        return _outcome(at, case, _story(case["input"], orders), other_chart=other_chart)
    except Exception as error:  # noqa: BLE001 -- whatever is wrong with one case must not end the others
        return Outcome(name, title, (f"broken case: {type(error).__name__}: {error}",))


def _missing(stated: Json, orders: Mapping[str, Json]) -> str:
    """Why a case cannot be run yet; empty when it can."""
    if stated["type"] in (*payouts.COVERED, OSS_PAYMENT):
        return "" if stated.get("orders", True) else "orders"
    if stated["type"] not in COVERED:
        return str(stated["type"])
    own = stated if stated["type"] == "order" else stated.get("order_input") or orders.get(stated["order"])
    if own is None:
        return f"order {stated['order']} is in no case"
    return ", ".join(sorted({*unread(stated), *filter(None, [not_covered(own)])}))


def _story(stated: Json, orders: Mapping[str, Json]) -> Story:
    """The order of a case; a payout alone has none."""
    if stated["type"] == "order_and_payout":
        return story(stated["order_input"], orders)
    return Story((), {}) if stated["type"] in (*payouts.COVERED, OSS_PAYMENT) else story(stated, orders)


def _outcome(at: Emulator, case: Json, told: Story, *, other_chart: bool) -> Outcome:
    rules = tenant.rules_for(case.get("tags", ()), other_chart=other_chart)
    rules = replace(rules, gift_card_rate=rate_of_cards(case["input"]))
    account = tenant.translation(other_chart=other_chart)
    books = at.found(tenant.company(_rates(case), other_chart=other_chart))
    problem = _carry(books, told, rules, wanted=bool(case["expected_invoice"]))
    if waits_for_payout(case["input"]):
        rules = replace(rules, clear_at_payout=frozenset({case["input"]["provider"]}))
        problem = problem or clear_at_payout(books, case["input"], rules)
    if case["input"]["type"] == OSS_PAYMENT:
        paid = pay_oss(books, case["input"], rules)
        problem = _booked(books, paid, rules) if isinstance(paid, Plan) else str(paid)
    problem = problem or _close_month(books, told, rules) or _pay_out(books, case["input"], rules)
    expected, vouchers = case["expected_invoice"], case["expected_voucher"]
    documents, booked = stating.invoices_found(books), stating.vouchers_found(books)
    problem = problem or _redeem(books, case["input"], rules)
    pairs = {
        "documents": (documents, stating.invoices_expected(expected, vouchers, account, told)),
        "vouchers": (
            [*booked, *as_one(stating.vouchers_found(books)[len(booked) :])],
            stating.vouchers_expected(vouchers, account),
        ),
        "VAT boxes": (stating.boxes_found(books, rules), stating.boxes_expected(case["expected_vat_report"])),
        "OSS": (stating.oss_found(books, rules), stating.oss_expected(case.get("expected_oss_report", ()))),
    }
    if case["input"]["type"] == OSS_PAYMENT:
        del pairs["OSS"]  # the sales are other cases'; their sum is held against what is to pay
    differences = [problem] if problem else []
    differences += [
        line for what, (found, wanted) in pairs.items() if found != wanted for line in _difference(what, found, wanted)
    ]
    left_out = ", ".join(voucher["event"] for voucher in vouchers if voucher["event"] in stating.NOT_THE_SHOPS)
    return Outcome(case["id"], case["title"], tuple(differences), left_out=left_out)


def _carry(books: CaseBooks, told: Story, rules: TenantRules, *, wanted: bool) -> str:
    """The order's states through the whole path, one after the other; why it stopped, if it should not have."""
    for number, node in enumerate(told.states):
        if number == told.given:
            books.begin()
        order = normalize(node, shop="cases.myshopify.com", currency=DocumentCurrency.PRESENTMENT)
        order = replace(order, vat_number=vat_number_of(told.order), vat_check=vat_check_of(told.order))
        decision = decide(order, rules, books.posted)
        if not isinstance(decision, Plan):
            return str(decision) if wanted else ""
        found = preflight(order, decision, rules, books.facts(decision), books.posted.refs)
        if found:
            return f"pre-flight: {found}"
        try:
            books.carry_out(decision, rules)
        except CaseFailedError as error:
            return str(error)
    return ""


def _redeem(books: CaseBooks, stated: Json, rules: TenantRules) -> str:
    """The later order that is paid with the card, if the case tells of one."""
    order = redeeming_order(stated)
    if order is None:
        return ""
    books.done.clear()  # each order has a journal of its own
    books.results.clear()
    return _carry(books, Story((graphql_order(order),), order, given=_NEVER), rules, wanted=True)


def _close_month(books: CaseBooks, told: Story, rules: TenantRules) -> str:
    """The cut-off, where the case turns a month between sale and delivery."""
    last_day = month_end(told.order)
    if last_day is None:
        return ""
    order = normalize(told.states[-1], shop="cases.myshopify.com", currency=DocumentCurrency.PRESENTMENT)
    plan = cut_off(books, order, last_day, rules)
    return _booked(books, plan, rules) if isinstance(plan, Plan) else str(plan)


def _booked(books: CaseBooks, plan: Plan, rules: TenantRules) -> str:
    """A plan of own vouchers through pre-flight and client; why it stopped, if it did."""
    found = preflight(None, plan, rules, books.facts(plan))
    if found:
        return f"pre-flight: {found}"
    books.done.clear()  # it has a journal of its own
    try:
        books.carry_out(plan, rules)
    except CaseFailedError as error:
        return str(error)
    return ""


def _pay_out(books: CaseBooks, stated: Json, rules: TenantRules) -> str:
    """The payouts of a case through plan, pre-flight and client; why one stopped, if it did."""
    if stated["type"] not in payouts.COVERED:
        return ""
    for payout in payouts.payouts(stated):
        decision = plan_payout(payout, rules, payouts.matches(payout, stated))
        if not isinstance(decision, Plan):
            return str(decision)
        problem = _booked(books, decision, rules)
        if problem:
            return problem
    dispute = payouts.lost(stated)
    if dispute is None:
        return ""
    plan = plan_lost(dispute, dispute.amount, rules)
    return _booked(books, plan, rules) if isinstance(plan, Plan) else str(plan)


def _rates(case: Json) -> dict[str, Decimal]:
    """The exchange rate a case takes for given: Fortnox's own on that day."""
    invoices = [*stating.listed(case["expected_invoice"]), *case["input"].get("invoices", ())]
    return {
        invoice["currency"]: Decimal(invoice["currency_rate"]) for invoice in invoices if "currency_rate" in invoice
    }


def _difference(what: str, found: Any, wanted: Any) -> Iterator[str]:  # noqa: ANN401 - plain values
    if what == "documents" and len(found) == len(wanted):
        for number, (one, other) in enumerate(zip(found, wanted, strict=True), 1):
            if one != other:
                name = other["document"] if len(wanted) == 1 else f"{other['document']} ({number})"
                yield from _difference(name, one, other)
    elif isinstance(found, dict) and isinstance(wanted, dict):
        for name in sorted(found.keys() | wanted.keys()):
            if found.get(name) != wanted.get(name):
                yield f"{what}, {name}: found {found.get(name)}, expected {wanted.get(name)}"
    else:
        yield f"{what}: found {found}, expected {wanted}"
