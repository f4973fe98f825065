"""What holds for every order, not only for the ones we thought of."""

from dataclasses import replace
from decimal import Decimal
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from app.adjustments.creditable_lines import PostedDocuments
from app.execution.outstanding import outstanding
from app.execution.preflight import preflight
from app.invoicing.order_parts import Part
from app.invoicing.rows import _whole_units
from app.kit.money import Money, total
from app.model.order import Order
from app.orders.planning.explain import explain
from app.orders.planning.planner import decide
from app.posting.plan import Plan, Skipped, Stopped, Waiting
from app.tenants.rules import Trigger
from tests.support.builders import facts, plan, rules
from tests.support.property.swedish_orders import kronor, strange_orders, swedish_orders

RULES = rules()


@given(swedish_orders())
def test_rows_and_vat_groups_make_the_shops_total(an_order: Order) -> None:
    made = plan(an_order)
    assert made.invoice.total == an_order.total
    assert total((row.amount for row in made.invoice.rows), "SEK") == an_order.total
    assert total((one.net + one.vat for one in made.invoice.vat), "SEK") == an_order.total


@given(swedish_orders())
def test_vat_of_each_rate_is_the_shops_but_for_an_ore_per_line(an_order: Order) -> None:
    charged: dict[Decimal, int] = {}
    lines: dict[Decimal, int] = {}
    taxes = [tax for part in (*an_order.lines,) for tax in part.tax_lines]
    taxes += [tax for part in an_order.shipping for tax in part.tax_lines]
    for tax in taxes:
        charged[tax.rate_percent] = charged.get(tax.rate_percent, 0) + tax.amount.minor
        lines[tax.rate_percent] = lines.get(tax.rate_percent, 0) + 1
    for group in plan(an_order).invoice.vat:
        rate = group.vat_percent
        assert abs(group.vat.minor - charged.get(rate, 0)) <= lines.get(rate, 0)


@given(swedish_orders(), st.randoms(use_true_random=False))
def test_order_of_lines_changes_neither_total_nor_vat(an_order: Order, random: Random) -> None:
    shuffled = list(an_order.lines)
    random.shuffle(shuffled)
    other = plan(replace(an_order, lines=tuple(shuffled)))
    assert other.invoice.total == plan(an_order).invoice.total
    assert other.invoice.vat == plan(an_order).invoice.vat


@given(swedish_orders())
def test_planning_twice_gives_the_same_plan(an_order: Order) -> None:
    assert plan(an_order) == plan(an_order)


@given(swedish_orders())
def test_plan_minus_its_own_finished_journal_is_empty(an_order: Order) -> None:
    made = plan(an_order)
    again = decide(an_order, RULES, PostedDocuments(made.steps))
    assert isinstance(again, Plan)
    assert again.steps == made.steps, "what is done asks for nothing more"
    assert outstanding(again, PostedDocuments(made.steps).refs, facts()) == ()
    assert len({step.key for step in made.steps}) == len(made.steps), "every step has a key of its own"


@given(swedish_orders())
def test_vouchers_balance_and_leave_no_claim_on_a_buyer_who_paid(an_order: Order) -> None:
    made = plan(an_order)
    entries = [entry for voucher in made.vouchers for entry in voucher.entries]
    for voucher in made.vouchers:
        assert sum(one.debit.minor - one.credit.minor for one in voucher.entries) == 0
    assert not [one for one in entries if one.debit and one.credit]
    assert sum(one.debit.minor - one.credit.minor for one in entries if one.account == 1510) == 0
    assert sum(one.credit.minor for one in entries if one.account in {2611, 2621, 2631}) == made.invoice.total_vat.minor


@given(swedish_orders())
def test_money_that_came_in_is_money_that_is_booked(an_order: Order) -> None:
    made = plan(an_order)
    assert total((one.amount for one in made.payments), "SEK") == an_order.total
    assert [payment.settles for payment in made.payments] == [False] * (len(made.payments) - 1) + [True]


@given(swedish_orders())
def test_ordinary_order_passes_an_ordinary_company(an_order: Order) -> None:
    assert preflight(an_order, plan(an_order), RULES, facts()) == []


@given(strange_orders(), st.sampled_from(Trigger))
def test_strangest_order_ends_as_a_decision_a_person_can_read(an_order: Order, trigger: Trigger) -> None:
    some_rules = rules(trigger=trigger)
    decision = decide(an_order, some_rules)
    assert isinstance(decision, Plan | Waiting | Skipped | Stopped)
    assert explain(decision)["outcome"] in {"plan", "waiting", "skipped", "stopped"}
    if isinstance(decision, Plan):
        assert decision.invoice.total == an_order.total
        preflight(an_order, decision, some_rules, facts())


@given(st.integers(min_value=-(10**9), max_value=10**9), st.integers(min_value=0, max_value=1000))
def test_whole_units_give_exactly_the_amount_and_the_quantity(minor: int, quantity: int) -> None:
    part = Part("sales.se.25", "Vara", quantity, kronor(minor), Decimal(25), kronor(0), "", "line:1")
    rows = list(_whole_units(part, 3001))
    assert total((row.amount for row in rows), "SEK") == Money(minor, "SEK")
    assert sum(row.quantity for row in rows) == max(quantity, 1)
    assert 1 <= len(rows) <= 2
    assert max(row.unit_price.minor for row in rows) - min(row.unit_price.minor for row in rows) <= 1
