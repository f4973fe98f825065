"""Amounts: Decimal while computing, integer öre in the ledger, never binary fractions."""

from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal(0)
HUNDRED = Decimal(100)
_ORE = Decimal("0.01")
_KRONA = Decimal(1)


def half_up(amount: Decimal) -> Decimal:
    """Round to two decimals, halves away from zero (fortnox-api.md 4 #11)."""
    return amount.quantize(_ORE, ROUND_HALF_UP)


def whole_kronor(amount: Decimal) -> Decimal:
    """Round to whole kronor, halves away from zero (fortnox-api.md 4 #10)."""
    return amount.quantize(_KRONA, ROUND_HALF_UP)


def to_ore(amount: Decimal) -> int:
    """Turn an amount in kronor into integer öre."""
    return int(half_up(amount) * HUNDRED)


def plain(amount: Decimal) -> str:
    """Write a number without exponent and without needless zeros: 1.50 → "1.5", 2.00 → "2"."""
    text = f"{amount:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def luhn_digit(digits: str) -> str:
    """Compute the Luhn check digit of a string of digits."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def ocr_number(document_number: str) -> str:
    """Make the OCR of an invoice: number, length digit, Luhn digit (18 → 1842; fortnox-api.md 3.4)."""
    body = f"{document_number}{(len(document_number) + 2) % 10}"
    return body + luhn_digit(body)
