"""Plan minus journal: what is left to do, and what a person must see instead."""

from dataclasses import replace

from app.domain.findings import Finding
from app.domain.outstanding import Journaled, content_hash, outstanding
from app.domain.plan import Plan, Step
from tests.builders import MAJA, STOCKHOLM, facts, invoice, invoice_row, line, order, payment, plan, sek

FULL = plan(order(line(sku="H-1")))


def entry(step: Step, *, is_done: bool = True, was_sent: bool = True) -> Journaled:
    return Journaled(content_hash(step), is_done=is_done, was_sent=was_sent, amount="499.00 SEK")


def journal(of: Plan, *, upto: int | None = None) -> dict[str, Journaled]:
    return {step.key: entry(step) for step in of.steps[:upto]}


def test_nothing_done_leaves_everything_to_do() -> None:
    left = outstanding(FULL, {}, facts())
    assert (left.steps, left.conflicts) == (FULL.steps, ())


def test_everything_done_leaves_nothing() -> None:
    left = outstanding(FULL, journal(FULL), facts())
    assert (left.steps, left.conflicts) == ((), ())


def test_half_done_leaves_the_rest_in_order() -> None:
    assert outstanding(FULL, journal(FULL, upto=3), facts()).steps == FULL.steps[3:]


def test_customer_and_article_that_stand_in_the_books_are_not_made() -> None:
    known = facts(customers=frozenset({"S7001"}), articles=frozenset({"H-1"}))
    assert outstanding(FULL, {}, known).steps == FULL.steps[2:]


def test_step_that_the_journal_began_is_finished_though_the_register_knows_it() -> None:
    begun = {FULL.steps[0].key: entry(FULL.steps[0], is_done=False)}
    assert FULL.steps[0] in outstanding(FULL, begun, facts(customers=frozenset({"S7001"}))).steps


def test_step_that_was_never_sent_may_change_freely() -> None:
    changed = plan(order(line("500.00", sku="H-1")))
    planned = {step.key: entry(step, is_done=False, was_sent=False) for step in FULL.steps}
    left = outstanding(changed, planned, facts())
    assert (left.steps, left.conflicts) == (changed.steps, ())


def test_order_that_changed_after_its_invoice_was_sent_is_a_conflict_and_never_an_overwrite() -> None:
    changed = plan(order(line("600.00", sku="H-1")))
    left = outstanding(changed, journal(FULL, upto=3), facts())
    shown = {"shop_amount": "600.00 SEK", "books_amount": "499.00 SEK"}
    assert left.conflicts == (Finding("SHOPIFY_ORDER_CHANGED_AFTER_BOOKING", "invoice", shown),)
    assert left.steps == ()  # the changed payment would settle another total


def test_uncertain_invoice_of_a_changed_order_is_not_made_anew() -> None:
    changed = plan(order(line("600.00", sku="H-1")))
    uncertain = {"invoice": entry(FULL.invoice, is_done=False)}
    left = outstanding(changed, uncertain, facts())
    assert ([one.about for one in left.conflicts], left.steps) == (["invoice"], ())


def test_new_payment_of_a_booked_order_is_made() -> None:
    first, second = payment("100.00", transaction_id="a"), payment("399.00", transaction_id="b")
    before = replace(FULL, steps=(*FULL.steps[:4], first), vouchers=())
    after = replace(FULL, steps=(*FULL.steps[:4], first, second), vouchers=())
    assert outstanding(after, journal(before), facts()).steps == (second,)


def test_new_address_is_no_new_intention() -> None:
    moved = replace(STOCKHOLM, address1="Nygatan 2")
    other = plan(order(line(sku="H-1"), bill_to=moved, ship_to=moved, buyer=replace(MAJA, email="new@example.se")))
    assert outstanding(other, journal(FULL), facts()).conflicts == ()


def test_content_is_money_and_accounts() -> None:
    plain = invoice(invoice_row())
    same = invoice(invoice_row(description="Luvtröja", why="another reason"), reference2="pay-2")
    assert content_hash(plain) == content_hash(same)
    others = [
        invoice(invoice_row("100.01")),
        invoice(invoice_row(account=3002)),
        invoice(invoice_row(rate="12")),
        invoice(invoice_row("50.00", quantity=2)),
    ]
    assert len({content_hash(one) for one in [plain, *others]}) == 5


def test_content_of_a_payment_is_its_amount_and_account() -> None:
    assert content_hash(payment("1")) == content_hash(payment("1", reference="other"))
    assert len({content_hash(one) for one in (payment("1"), payment("2"), payment("1", account=1583))}) == 3


def test_rate_written_in_another_way_is_the_same_rate() -> None:
    assert content_hash(invoice(invoice_row(rate="25"))) == content_hash(invoice(invoice_row(rate="25.0")))


def test_amounts_of_the_builders_are_kronor() -> None:
    assert FULL.invoice.total == sek("499.00")
