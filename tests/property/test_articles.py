"""Product numbers: whatever the shop calls its products, no two become one, and each can be read back."""

from hypothesis import given
from hypothesis import strategies as st

from app.invoicing.articles import ARTICLE_NUMBER, article_number, sku_of

TRICKY = st.text("Aa0-_/+2bBd åÅ.", min_size=1, max_size=60)
SKUS = st.one_of(st.text(min_size=1, max_size=60), TRICKY)


@given(SKUS)
def test_number_is_one_that_fortnox_takes(sku: str) -> None:
    assert ARTICLE_NUMBER.fullmatch(article_number(sku, {}))


@given(SKUS)
def test_number_decodes_unless_it_was_cut(sku: str) -> None:
    number = article_number(sku, {})
    assert sku_of(number, {}) == (None if "+2d" in number else sku)


@given(SKUS, SKUS)
def test_no_two_products_become_one(one: str, other: str) -> None:
    assert (article_number(one, {}) == article_number(other, {})) == (one == other)


@given(SKUS)
def test_number_of_another_product_is_never_taken(sku: str) -> None:
    # A shop may call a product what we call another one's article.
    number = article_number(sku, {})
    assert number == sku or article_number(number, {}) != number


@given(SKUS)
def test_mapping_twice_is_the_same(sku: str) -> None:
    assert article_number(sku, {}) == article_number(sku, {})
