"""What is booked: checks before sending, sums that must agree, balances that the database refuses."""

from __future__ import annotations

from tests.planted.fault import Fault

_BALANCE = "tests/unit/test_balance.py"
_BALANCES = "migrations/versions/2026-12-01-1200_create_the_tables.py"
_PREFLIGHT = "tests/unit/test_preflight.py"
_REFUNDS = "tests/pipeline/test_refunds.py"
_SAME = "tests/pipeline/test_same_transaction.py"
_WALL = "tests/storage/test_last_wall.py"

OF_THE_BOOKS = (
    Fault(
        "database-refuses-a-credit-too-much",
        "The database itself refuses to credit more of an order than was invoiced.",
        _BALANCES,
        "    sa.CheckConstraint('credited >= 0 and credited <= invoiced',"
        " name=op.f('ck_credit_balance_credited_at_most_invoiced')),\n",
        "",
        (f"{_WALL}::test_database_refuses_to_credit_more_than_was_invoiced",),
    ),
    Fault(
        "database-refuses-money-used-twice",
        "The database itself refuses to use more of a transaction than it moved.",
        _BALANCES,
        "    sa.CheckConstraint('abs(used) <= abs(moved)', name=op.f('ck_money_use_used_at_most_moved')),\n",
        "",
        (f"{_WALL}::test_database_refuses_to_use_more_money_than_moved",),
    ),
    Fault(
        "balances-are-entered-at-the-mark",
        "What a document credits and what a payment uses is written down before it is sent.",
        "app/execution/step_run.py",
        "        if not posting_log.moves_money(operation.kind):\n",
        "        if True:\n",
        (f"{_REFUNDS}::test_database_counts_what_is_invoiced_credited_and_used",),
    ),
    Fault(
        "transaction-pays-one-order",
        "A provider's transaction that pays one order is refused to another.",
        "app/execution/balances.py",
        "    if elsewhere:\n",
        "    if len(elsewhere) > 9:\n",
        ("tests/pipeline/test_balances.py::test_transaction_that_pays_one_order_cannot_pay_another",),
    ),
    Fault(
        "refund-and-its-goods-are-one",
        "Money that went back first and goods that follow are one refund, not two credits.",
        "app/adjustments/adjustments.py",
        "    return max(min(state.reduced_before, unpaid - state.money_to_come), case.zero)\n",
        "    return case.zero\n",
        ("tests/order_histories/test_refunds.py::test_money_first_and_its_goods_later_are_one_refund",),
    ),
    Fault(
        "refund-waits-for-its-money",
        "A refund that the bank has not answered yet makes no credit note.",
        "app/model/order.py",
        "if not pending.intersection(refund.transaction_ids)]",
        "]",
        (f"{_REFUNDS}::test_money_that_is_still_on_its_way_makes_no_credit_note_until_it_has_left",),
    ),
    Fault(
        "transaction-is-in-one-payout",
        "A transaction that another payout has is not booked again (REFUND_PAYOUT_DOUBLED).",
        "app/payouts/movement_register.py",
        "    return {line: payouts[payout] for line, payout in taken.items()}\n",
        "    return {}\n",
        (f"{_SAME}::test_same_transaction_in_another_payout_stops_it_whoever_reported_it",),
    ),
    Fault(
        "transaction-is-known-by-its-identity",
        "A payout's transaction is known whichever shop, file or key reports it.",
        "app/payouts/movement_register.py",
        "        register.tenant_id == stored.tenant_id,\n        register.provider",
        "        register.payout_id == 0,\n        register.tenant_id == stored.tenant_id,\n        register.provider",
        (f"{_SAME}::test_same_transaction_is_known_under_another_connection",),
    ),
    Fault(
        "payout-told-twice-is-one",
        "A payout that is told a second time in the same words changes nothing.",
        "app/payouts/repository.py",
        """            if stored is not None and stored.content_hash == digest:
                continue
""",
        "",
        ("tests/pipeline/test_payouts.py::test_same_payout_told_twice_is_booked_once",),
    ),
    Fault(
        "period-lock",
        "Nothing is sent that would fall into a period that is locked in Fortnox.",
        "app/execution/preflight.py",
        "        elif facts.locked_through and day <= facts.locked_through:\n",
        "        elif facts.locked_through and day < facts.locked_through:\n",
        (f"{_PREFLIGHT}::test_day_in_a_locked_period",),
    ),
    Fault(
        "financial-year",
        "Nothing is sent for a day without a financial year.",
        "app/execution/preflight.py",
        "        if facts.year_of(day) is None:\n            yield",
        "        if facts.year_of(day) is None and not day:\n            yield",
        (f"{_PREFLIGHT}::test_day_without_financial_year",),
    ),
    Fault(
        "product-number",
        "A product number that Fortnox does not take stops the order before anything is sent.",
        "app/execution/preflight.py",
        "        if not ARTICLE_NUMBER.fullmatch(number):\n",
        "        if not ARTICLE_NUMBER.match(number):\n",
        (f"{_PREFLIGHT}::test_product_number_that_fortnox_does_not_take",),
    ),
    Fault(
        "currency-of-the-document",
        "A currency that the company does not have in Fortnox stops the order.",
        "app/execution/preflight.py",
        "        if currency not in facts.currencies and currency not in new.made:\n",
        "        if not currency:\n",
        (f"{_PREFLIGHT}::test_currency_that_fortnox_does_not_know",),
    ),
    Fault(
        "currency-of-the-payment",
        "A payment in another currency than its invoice stops the order.",
        "app/execution/preflight.py",
        "if payment.document == document.ref and payment.amount.currency != currency:",
        "if payment.document == document.ref and not payment.amount.currency:",
        (f"{_PREFLIGHT}::test_payment_in_another_currency_than_its_invoice",),
    ),
    Fault(
        "accounts-exist",
        "An account that is missing or asleep stops the order before anything is sent.",
        "app/execution/preflight.py",
        "            elif not chart[account].active:\n",
        "            elif not chart[account]:\n",
        (
            f"{_PREFLIGHT}::test_account_that_is_not_there_or_asleep",
            "tests/pipeline/test_stops.py::test_an_inactive_account_stops_the_order_before_anything_is_sent",
        ),
    ),
    Fault(
        "rows-are-the-total",
        "An invoice whose rows are not its total cannot be built.",
        "app/posting/documents.py",
        "        if rows != self.total:\n",
        "        if rows.currency != self.total.currency:\n",
        (f"{_BALANCE}::test_invoice_whose_rows_are_not_its_total_cannot_be_built",),
    ),
    Fault(
        "debit-is-credit",
        "A voucher whose debit is not its credit cannot be built.",
        "app/posting/plan.py",
        "        if debit != credit:\n",
        "        if debit.currency != credit.currency:\n",
        (f"{_BALANCE}::test_voucher_whose_debit_is_not_its_credit_cannot_be_built",),
    ),
    Fault(
        "invoice-of-others-is-found-before",
        "An order that another integration invoiced is not invoiced again.",
        "app/orders/pre_existing.py",
        "        if not plan.documents or plan.documents[0].credits:\n",
        "        if plan.documents:\n",
        ("tests/pipeline/test_pre_existing.py::test_invoice_of_others_is_adopted_and_the_order_not_booked_twice",),
    ),
    Fault(
        "one-channel-books-an-order",
        "An order that both Shopify and Qliro tell of is booked by one of them.",
        "app/orders/source_of_record.py",
        "    if taken.all():\n",
        "    if taken.all() is None:\n",
        ("tests/pipeline/test_one_owner.py::test_channels_that_decide_at_the_same_moment_book_once",),
    ),
)
