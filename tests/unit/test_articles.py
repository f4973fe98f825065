"""Product numbers of the shop as Fortnox takes them, and back."""

import pytest

from app.invoicing.articles import ARTICLE_NUMBER, article_number, sku_of
from app.orders.planning.planner import decide
from app.posting.steps import EnsureArticle
from app.tenants.rules import ArticleNumbers, ArticlePolicy
from tests.support.builders import findings, line, order, plan, rules

LONG = "Kökshandduk " * 10


@pytest.mark.parametrize(
    ("sku", "number"),
    [
        ("H-1", "H-1"),
        ("a_b/c", "a_b/c"),
        ("A+B", "A+B"),
        ("A+12", "A+2b12"),
        ("A+FF", "A+2bFF"),
        ("A.1", "A+2e1"),
        ("A+.", "A+2b+2e"),
        ("GF SKÅL 07", "GF+20SK+c3+85L+2007"),
        ("x" * 50, "x" * 50),
    ],
)
def test_number_is_the_sku_wherever_it_can_be(sku: str, number: str) -> None:
    assert article_number(sku, {}) == number
    assert sku_of(number, {}) == sku


def test_table_comes_first() -> None:
    table = {"GF SKÅL 07": "SKAL07"}
    assert article_number("GF SKÅL 07", table) == "SKAL07"
    assert sku_of("SKAL07", table) == "GF SKÅL 07"
    assert sku_of("SKAL07", {}) == "SKAL07"


def test_number_that_is_too_long_keeps_its_beginning() -> None:
    numbers = {article_number(LONG + str(tail), {}) for tail in range(100)}
    assert len(numbers) == 100
    assert all(ARTICLE_NUMBER.fullmatch(number) and number.startswith("K+c3+b6kshandduk+20") for number in numbers)
    assert {sku_of(number, {}) for number in numbers} == {None}


@pytest.mark.parametrize("prefix", range(25, 35))
def test_cut_leaves_no_half_escape(prefix: int) -> None:
    number = article_number("x" * prefix + "å" * 40, {})
    kept = number.rpartition("+2d")[0]
    assert "+" not in kept.replace("+c3", "").replace("+a5", "")


@pytest.mark.parametrize("number", ["A+41", "A+2D1", "A+ff", "A+2dffff", ""])
def test_number_that_we_never_make_has_no_sku(number: str) -> None:
    assert sku_of(number, {}) is None


def test_row_names_the_shops_own_number_where_fortnox_has_another() -> None:
    made = plan(order(line(sku="GF SKÅL 07", title="Skål", discount="10.00"), line(sku="H-1")))
    assert [row.description for row in made.invoice.rows] == ["Skål (GF SKÅL 07) (499.00 minus rabatt 10.00)", "Hoodie"]
    articles = [step for step in made.steps if isinstance(step, EnsureArticle)]
    assert [(article.number, article.description) for article in articles] == [
        ("GF+20SK+c3+85L+2007", "Skål"),
        ("H-1", "Hoodie"),
    ]


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"article_numbers": ArticleNumbers.STOP}, "ÅÄ 1"),
        ({"article_policy": ArticlePolicy.NONE}, None),
        ({"article_policy": ArticlePolicy.KNOWN}, "+c3+85+c3+84+201"),
        ({"article_table": {"ÅÄ 1": "AA1"}}, "AA1"),
    ],
)
def test_number_follows_the_tenants_rules(changes: dict[str, object], number: str | None) -> None:
    assert plan(order(line(sku="ÅÄ 1")), rules(**changes)).invoice.rows[0].article_number == number


def test_two_products_that_would_be_one_article_stop_the_order() -> None:
    known = rules(article_table={"B 2": "A-1"})
    (found,) = findings(decide(order(line(sku="A-1"), line(sku="B 2")), known))
    assert (found.code, found.data) == (
        "ARTICLE_NUMBERS_COLLIDE",
        {"article": "A-1", "sku": "B 2", "other_sku": "A-1"},
    )
    assert plan(order(line(sku="B 2"), line(sku="B 2")), known).invoice.rows[0].article_number == "A-1"
