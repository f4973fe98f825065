"""Finding an article's price in a price list (fortnox-api.md 3.10)."""

from decimal import Decimal

from sandbox.fortnox.company import Company
from sandbox.fortnox.money import ZERO


def price_key(price_list: str, article: str, from_quantity: Decimal) -> str:
    """Make the key of a price: list, article and quantity tell prices apart."""
    return f"{price_list}/{article}/{from_quantity.normalize():f}"


def price_of(company: Company, price_list: str, article: str, quantity: Decimal) -> Decimal:
    """Give the price that holds for a quantity: that of the highest step reached; 0 when the list has none."""
    prices = [
        record.fields
        for record in company.kind("prices").values()
        if record.fields["PriceList"] == price_list and record.fields["ArticleNumber"] == article
    ]
    steps = [price for price in prices if price["FromQuantity"] <= max(quantity, ZERO)]
    return Decimal(max(steps, key=lambda price: price["FromQuantity"])["Price"]) if steps else ZERO
