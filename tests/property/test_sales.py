"""Every sale that rules allow is booked to the smallest unit: all countries, currencies and ways of paying at once."""

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from app.adjustments.creditable_lines import PostedDocuments
from app.execution.outstanding import outstanding
from app.kit.money import Money, total
from app.orders.planning.explain import explain
from app.orders.planning.planner import decide
from app.posting.plan import Plan
from tests.support.builders import facts, planned
from tests.support.property.sales import Sale, sales


def plan_of(sale: Sale) -> Plan:
    return planned(decide(sale.order, sale.rules))


def invoiced(made: Plan, currency: str) -> Money:
    return total((document.total for document in made.documents), currency)


@given(sales())
def test_documents_come_to_what_the_shop_says(sale: Sale) -> None:
    made, currency = plan_of(sale), sale.order.currency
    assert invoiced(made, currency) == sale.order.total
    assert all(len(one.rows) <= sale.rules.max_rows for one in made.documents)
    for document in made.documents:
        assert total((row.amount for row in document.rows), currency) == document.total
        assert document.currency == currency
        assert document.vat_included or not document.total_vat


@given(sales())
def test_vat_is_what_the_shop_charged_but_for_an_ore_per_line_and_document(sale: Sale) -> None:
    made, currency = plan_of(sale), sale.order.currency
    another_states = total(
        (row.amount for document in made.documents for row in document.rows if row.role.startswith("foreign_vat.")),
        currency,
    )
    booked = total((one.total_vat for one in made.documents), currency) + another_states
    groups = sum(len(one.vat) for one in made.documents)
    lines = len(sale.order.lines) + len(sale.order.shipping)
    assert abs((booked - sale.order.total_tax).minor) <= lines + groups


@given(sales())
def test_every_voucher_balances_and_the_claim_is_what_is_not_paid(sale: Sale) -> None:
    made, received = plan_of(sale), total((one.amount for one in sale.order.money_in), sale.order.currency)
    entries = [entry for voucher in made.vouchers for entry in voucher.entries]
    for voucher in made.vouchers:
        assert sum(one.debit.minor - one.credit.minor for one in voucher.entries) == 0
    claim = sum(one.debit.minor - one.credit.minor for one in entries if one.account == 1510)
    assert claim == (sale.order.total - received).minor
    assert total((payment.amount for payment in made.payments), sale.order.currency) == received


@given(sales(), st.randoms(use_true_random=False))
def test_order_of_lines_changes_neither_total_nor_vat(sale: Sale, random: Random) -> None:
    shuffled = list(sale.order.lines)
    random.shuffle(shuffled)
    whole = replace(sale, rules=replace(sale.rules, max_rows=500))
    other = plan_of(replace(whole, order=replace(sale.order, lines=tuple(shuffled))))
    assert other.invoice.vat == plan_of(whole).invoice.vat


@given(sales())
def test_planning_again_asks_for_nothing_more(sale: Sale) -> None:
    made = plan_of(sale)
    assert plan_of(sale) == made
    again = planned(decide(sale.order, sale.rules, PostedDocuments(made.steps)))
    assert outstanding(again, PostedDocuments(made.steps).refs, facts()) == ()
    assert len({step.key for step in made.steps}) == len(made.steps)


@given(sales())
def test_every_row_says_why(sale: Sale) -> None:
    made = plan_of(sale)
    assert all(row.why for document in made.documents for row in document.rows)
    assert explain(made)["outcome"] == "plan"


@given(sales())
def test_two_article_numbers_never_become_one(sale: Sale) -> None:
    made = plan_of(sale)
    named: dict[str, set[str | None]] = {}
    skus = {line.source: line.sku for line in sale.order.lines}
    for row in (row for document in made.documents for row in document.rows if row.article_number):
        named.setdefault(row.article_number or "", set()).update(skus[source] for source, _units in row.by_source)
    assert all(len(each) == 1 for each in named.values())
