"""Out of Sweden: the total stays the shop's, VAT stands where its state says, and nothing breaks the planner."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from app.execution.preflight import preflight
from app.kit.money import total, vat_on_net, vat_out_of_gross
from app.model.order import Address, Order
from app.orders.planning.explain import explain
from app.orders.planning.planner import decide
from app.posting.plan import Plan, Skipped, Stopped, Waiting
from app.tenants.rules import CustomerPolicy, EuBusinesses, EuConsumers, Exports
from app.vat.oss import proposed_oss_accounts
from app.vat.rates import RATES
from app.vat.territories import EU_COUNTRIES, Area, territory
from tests.support.builders import facts, order, plan, rules, tax_line
from tests.support.property.swedish_orders import strange_orders, swedish_orders

EVERYWHERE = rules(
    accounts=proposed_oss_accounts(),
    vat_rates=frozenset(rate.percent for rate in RATES) | {Decimal(0)},
    eu_consumers=EuConsumers.OSS,
    oss_from=date(2021, 7, 1),
    eu_businesses=EuBusinesses.REVERSE_CHARGE,
    exports=Exports.BOOK,
    collects_vat_for=frozenset({"NO", "GB"}),
    collects_above_limits=frozenset({"NO", "GB"}),
)
PLACES = ("SE", "DE", "FI", "AX", "XI", "GB", "NO", "US", "MC", "IE", "")
POSTCODES = ("", "22100", "10115", "BT1 1AA", "98000", "35001")


def sent_to(an_order: Order, country: str, postcode: str = "") -> Order:
    home = Address(name="Greta Gran", zip_code=postcode, country_code=country)
    return replace(an_order, ship_to=home, bill_to=home)


def german(an_order: Order) -> Order:
    """The same basket with German VAT instead of Swedish, sent to Germany."""
    rates = {Decimal(25): "19", Decimal(12): "7", Decimal(6): "7"}
    vat_of = vat_out_of_gross if an_order.taxes_included else vat_on_net
    lines = [
        replace(
            line,
            tax_lines=tuple(
                tax_line(rates[tax.rate_percent], vat_of(line.amount, Decimal(rates[tax.rate_percent])))
                for tax in line.tax_lines
            ),
        )
        for line in an_order.lines
    ]
    freight = tuple(
        replace(one, tax_lines=(tax_line("19", vat_of(one.price, Decimal(19))),)) for one in an_order.shipping
    )
    made = order(*lines, shipping=freight, taxes_included=an_order.taxes_included, tip=an_order.tip)
    return sent_to(made, "DE", "10115")


@given(
    strange_orders(),
    st.sampled_from(PLACES),
    st.sampled_from(POSTCODES),
    st.sampled_from(("", "DK12345674", "SE556987123401", "nonsense")),
    st.sampled_from(CustomerPolicy),
)
def test_strangest_order_to_anywhere_ends_as_a_decision(
    an_order: Order, country: str, postcode: str, number: str, policy: CustomerPolicy
) -> None:
    sale = replace(sent_to(an_order, country, postcode), vat_number=number)
    some_rules = replace(EVERYWHERE, customer_policy=policy)
    decision = decide(sale, some_rules)
    assert isinstance(decision, Plan | Waiting | Skipped | Stopped)
    assert explain(decision)["outcome"] in {"plan", "waiting", "skipped", "stopped"}
    if isinstance(decision, Plan):
        assert decision.invoice.total == sale.total
        assert decision.invoice.vat_included or not decision.invoice.total_vat
        preflight(sale, decision, some_rules, facts())


@given(swedish_orders())
def test_below_the_threshold_the_vat_is_that_of_the_same_sale_at_home(an_order: Order) -> None:
    home = plan(an_order)
    abroad = plan(sent_to(an_order, "DK"), replace(EVERYWHERE, eu_consumers=EuConsumers.SWEDISH_VAT, oss_from=None))
    assert abroad.invoice.vat == home.invoice.vat
    assert [row.amount for row in abroad.invoice.rows] == [row.amount for row in home.invoice.rows]
    assert not {row.account for row in abroad.invoice.rows} & {3001, 3002, 3003, 3520, 3523, 3524}


@given(swedish_orders())
def test_oss_sale_never_touches_the_swedish_return(an_order: Order) -> None:
    sale = german(an_order)
    made = plan(sale, EVERYWHERE)
    assert made.invoice.total == sale.total
    touched = {entry.account for voucher in made.vouchers for entry in voucher.entries}
    assert touched <= {1510, 1581, 1586, 2421, 3690, 3740, 3116, 3146, 2676}
    owed = sum(entry.credit.minor for one in made.vouchers for entry in one.entries if entry.account == 2676)
    assert owed == made.invoice.total_vat.minor


@given(swedish_orders())
def test_vat_collected_for_norway_is_owed_to_the_ore(an_order: Order) -> None:
    charged = [tax.rate_percent for line in an_order.lines for tax in line.tax_lines]
    charged += [tax.rate_percent for one in an_order.shipping for tax in one.tax_lines]
    assume(Decimal(6) not in charged)
    made = plan(sent_to(an_order, "NO"), EVERYWHERE)
    assert made.invoice.total == an_order.total
    assert not made.invoice.total_vat
    owed = total((row.amount for row in made.invoice.rows if row.account == 2894), "SEK")
    assert owed == an_order.total_tax


@given(st.sampled_from(sorted(EU_COUNTRIES)), st.text(max_size=8))
def test_every_postcode_leads_somewhere(country: str, postcode: str) -> None:
    assert territory(country, postcode).area in Area
