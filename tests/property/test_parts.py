"""Merging and splitting lose nothing, whatever the order."""

from hypothesis import given
from hypothesis import strategies as st

from app.adjustments.creditable_lines import CreditableLines
from app.kit.money import total
from app.model.order import Order
from tests.support.builders import plan, rules
from tests.support.property.swedish_orders import swedish_orders


@given(swedish_orders(), st.integers(min_value=1, max_value=4))
def test_parts_hold_what_the_whole_holds(an_order: Order, most: int) -> None:
    whole, split = plan(an_order), plan(an_order, rules(max_rows=most))
    assert all(len(document.rows) <= most for document in split.documents)
    assert total((one.total for one in split.documents), "SEK") == an_order.total
    assert len({one.key for one in split.documents}) == len(split.documents)
    before, after = CreditableLines("SEK", whole.documents), CreditableLines("SEK", split.documents)
    assert set(after.sources()) <= set(before.sources())
    assert all(before.left(source) == after.left(source) for source in before.sources())
    units = [sum(row.quantity for one in made.documents for row in one.rows if row.amount) for made in (whole, split)]
    assert units[0] == units[1]
    paid = [total((payment.amount for payment in made.payments), "SEK") for made in (whole, split)]
    assert paid[0] == paid[1]


@given(swedish_orders(), st.integers(min_value=1, max_value=4))
def test_vat_of_the_parts_differs_by_no_more_than_half_an_ore_per_part_and_rate(an_order: Order, most: int) -> None:
    whole, split = plan(an_order), plan(an_order, rules(max_rows=most))
    groups = sum(len(one.vat) for one in split.documents) + len(whole.invoice.vat)
    parts = total((document.total_vat for document in split.documents), "SEK")
    assert abs((parts - whole.invoice.total_vat).minor) * 2 <= groups
