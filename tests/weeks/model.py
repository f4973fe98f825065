"""What the books of a Swedish shop must say, from accounting alone.

The simulation of weeks asks this module, and not the product, what Fortnox must hold. It knows no code of the
product. Every rule is one of "Accounting truth" (accounting.md: rules 0.1 to 0.12, sections, invariants T1 to T10,
worked cases acc-01 to acc-38) or of the notes on Fortnox (fortnox-api.md, section 4); the docstrings name it.

Money is int öre in SEK. A balance is positive on the debit side and negative on the credit side. Prices include VAT.
A history is a sequence of facts, each named once: an event that was delivered twice is one fact (T9). The refunds of
one order stand in the order in which the shop made them; nothing else depends on the sequence.

Covered: one Swedish company on the invoice method, Swedish consumers, Shopify Payments in SEK, Model A (1.3): the
sale is paid in full at capture, the refund is paid back at once. Not covered: gift cards, tips, duties, return fees,
disputes, other currencies, other countries, other means of payment. They do not pass through this model.

How far a balance may be from the exact figure:

- `receivable`, `clearing`, `bank`, `reserve`, `fees`: nowhere. The customer's total is sacred (0.2), the clearing
  account is what the provider owes (0.5, T4), a fee is the amount the provider names (0.1).
- revenue and VAT of one rate together: nowhere. They are the gross amount of the rate (0.2, 0.3, T7).
- revenue and VAT of one rate apart: rule 0.3 rounds VAT half up once per rate and document, and that is the exact
  figure. T2 and acc-03 also accept a document whose VAT is rounded row by row, and 1.1 one whose goods and
  shipping stand on two accounts, each with its own VAT. A line whose units do not cost whole öre may be two rows
  (price-four-decimals among the cases of orders). The notes on Fortnox do not say which of these it does, so all of
  them are right, but an order and its credits go one way (0.7: a credit mirrors the sale). The slack is the
  difference of these figures: it is computed, not estimated. One row of a rate with units in whole öre has none.
- VAT on fees: once per voucher (acc-24). A payout over the end of a month takes two vouchers (acc-30), and a
  payout in this model has no date: another sum of two roundings is right where two of its fees can give it.
- `rounding` (3740): nowhere, it is 0. Where Fortnox rounds invoices to whole kronor (fortnox-api.md 4, rule 10),
  1698.23 is booked as 1698 with 0.23 debit on 3740; the payment of 1698.23 writes the same 0.23 off against 3740.
  Where it does not round (1.6), 3740 is never touched. Every document here is paid in full, so both end at 0.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

RATES: Final = (25, 12, 6, 0)
"""The VAT rates of Sweden in percent, and 0 for a supply without VAT (1.1)."""

FEE_RATE: Final = 25
"""The rate of VAT that the buyer accounts for on a service from Ireland (1.4, acc-24)."""

ACCOUNTS: Final[Mapping[str, str]] = {
    "receivable": "1510",
    "clearing": "1581",
    "reserve": "1588",
    "bank": "1930",
    "fees": "6041",
    "fee_vat_out": "2614",
    "fee_vat_in": "2645",
    "sales_25": "3001 and 3520",
    "sales_12": "3002 and 3523",
    "sales_6": "3003 and 3524",
    "sales_0": "3004, with shipping of the same kind",
    "vat_25": "2611",
    "vat_12": "2621",
    "vat_6": "2631",
    "rounding": "3740",
}
"""The roles of `balances` and the accounts that section 1 proposes for them. Revenue from shipping is revenue."""


@dataclass(frozen=True)
class Line:
    """A line of an order. `price` is öre per unit with VAT, `vat` a percentage, `discount` öre off the whole line.

    A discount lowers the row it belongs to (1.1, acc-03). A ValueError answers a line that cannot be sold.
    """

    price: int
    quantity: int
    vat: int
    discount: int = 0

    def __post_init__(self) -> None:
        if self.vat not in RATES:
            raise ValueError(f"Sweden has no VAT rate of {self.vat} percent")
        if self.price < 0 or self.quantity < 1 or not 0 <= self.discount <= self.price * self.quantity:
            raise ValueError(f"this line has no price: {self}")

    @property
    def gross(self) -> int:
        """What the customer owes for the line, in öre."""
        return self.price * self.quantity - self.discount

    def gross_of(self, units: int) -> int:
        """What the first `units` units of the line cost, in öre: their share of the line, half up.

        A unit returned costs what the units up to it cost, less what the units before it cost. All units returned
        are thus the line itself, and never more (T7).
        """
        return _half_up(self.gross * units, self.quantity)


@dataclass(frozen=True)
class Sale:
    """An order sold and captured in full. `shipping` is öre with VAT, after discount (acc-04)."""

    order: str
    lines: tuple[Line, ...]
    shipping: int = 0

    def __post_init__(self) -> None:
        if self.shipping < 0:
            raise ValueError(f"shipping of {self.shipping} öre")


@dataclass(frozen=True)
class Refund:
    """Money paid back for goods, for all the shipping, or for nothing that came back.

    `lines` are pairs of the index of a line of the sale and the quantity returned. `shipping` gives all the shipping
    back (acc-15). `price_reduction` is öre back for goods that are kept (acc-16). All three may come in one refund.
    """

    order: str
    lines: tuple[tuple[int, int], ...] = ()
    shipping: bool = False
    price_reduction: int = 0

    def __post_init__(self) -> None:
        if self.price_reduction < 0 or any(index < 0 or quantity < 1 for index, quantity in self.lines):
            raise ValueError(f"this refund gives nothing back: {self}")


@dataclass(frozen=True)
class Payout:
    """A payout of the provider. `charges` and `refunds` are (order, amount, fee), in öre and not negative.

    A fee is what the provider keeps, on a refund too; the fee of the charge is not given back (acc-25). `held` is
    kept in reserve, or let out of it where negative (acc-31). The net of it all may be negative (acc-25).
    """

    charges: tuple[tuple[str, int, int], ...] = ()
    refunds: tuple[tuple[str, int, int], ...] = ()
    held: int = 0

    def __post_init__(self) -> None:
        if any(amount < 0 or fee < 0 for _, amount, fee in self.charges + self.refunds):
            raise ValueError(f"a negative amount in {self}")

    @property
    def fees(self) -> tuple[int, ...]:
        """The fee of each charge and refund, in öre."""
        return tuple(fee for _, _, fee in self.charges + self.refunds)

    @property
    def net(self) -> int:
        """What reaches the bank, in öre."""
        charged, returned = (sum(amount for _, amount, _ in part) for part in (self.charges, self.refunds))
        return charged - returned - sum(self.fees) - self.held


History = Sequence[Sale | Refund | Payout]


@dataclass(frozen=True)
class Balance:
    """What an account must hold, in öre: exactly, at the least and at the most."""

    exact: int
    low: int
    high: int

    @classmethod
    def among(cls, exact: int, *others: int) -> "Balance":
        """Return the balance that is `exact`, where each of `others` is right too."""
        return cls(exact, min((exact, *others)), max((exact, *others)))

    @property
    def slack(self) -> int:
        """How far the account may be from the exact figure, in öre."""
        return max(self.exact - self.low, self.high - self.exact)

    def allows(self, amount: int) -> bool:
        """Say whether `amount` is a right balance."""
        return self.low <= amount <= self.high

    def __add__(self, other: "Balance") -> "Balance":
        return Balance(self.exact + other.exact, self.low + other.low, self.high + other.high)

    def __neg__(self) -> "Balance":
        return Balance(-self.exact, -self.high, -self.low)


@dataclass(frozen=True)
class Row:
    """A row of an invoice or a credit note: öre with VAT, negative on a credit note (1.6: shipping is a row).

    `quantity` is the number of units that share the amount.
    """

    rate: int
    gross: int
    part: Literal["goods", "shipping"]
    quantity: int = 1

    def in_whole_ore(self) -> tuple[int, int]:
        """Return the amounts of the one or two rows whose units cost whole öre, as 2 x 33.33 and 1 x 33.34."""
        price, dearer = divmod(abs(self.gross), self.quantity)
        sign = 1 if self.gross >= 0 else -1
        return sign * price * (self.quantity - dearer), sign * (price + 1) * dearer


@dataclass(frozen=True)
class Document:
    """An invoice, or one credit note for each refund (2.6, way A; acc-17)."""

    order: str
    rows: tuple[Row, ...]

    @property
    def total(self) -> int:
        """What the customer owes, or gets back where negative, in öre."""
        return sum(row.gross for row in self.rows)

    def gross(self, rate: int) -> int:
        """The amount with VAT at `rate`, in öre."""
        return sum(row.gross for row in self.rows if row.rate == rate)

    def vat(self, rate: int) -> int:
        """The VAT at `rate`: rounded once per rate group (0.3)."""
        return vat_within(self.gross(rate), rate)

    def vat_by_account(self, rate: int) -> int:
        """The VAT at `rate`, where goods and shipping are rounded apart, as on two accounts (1.1, acc-05)."""
        parts = {part: sum(r.gross for r in self.rows if (r.rate, r.part) == (rate, part)) for part in _PARTS}
        return sum(vat_within(gross, rate) for gross in parts.values())

    def vat_by_row(self, rate: int) -> int:
        """The VAT at `rate`, where each row is rounded by itself (T2)."""
        return sum(vat_within(row.gross, rate) for row in self.rows if row.rate == rate)

    def vat_by_whole_ore(self, rate: int) -> int:
        """The VAT at `rate`, row by row, where a row has no unit price in whole öre and becomes two."""
        return sum(vat_within(gross, rate) for row in self.rows if row.rate == rate for gross in row.in_whole_ore())


_PARTS: Final = ("goods", "shipping")


@dataclass(frozen=True)
class OrderBalance:
    """What an order comes to, in öre; no figure is negative but `on_clearing`.

    `receivable` is 0 when the shop says paid and refunded (T3). `on_clearing` is what the provider still owes for
    the order (0.5), and negative where a payout brought more than the books know of (acc-32).
    """

    invoiced: int
    credited: int
    paid: int
    repaid: int
    on_clearing: int

    @property
    def receivable(self) -> int:
        """What the customer still owes."""
        return self.invoiced - self.paid - self.credited + self.repaid


def vat_within(gross: int, rate: int) -> int:
    """Return the VAT in an amount that includes it, in öre: gross x rate / (100 + rate), half up (0.3, acc-01).

    The VAT of a credit is that of the same sale with the other sign (0.7, acc-16).
    """
    size = _half_up(abs(gross) * rate, 100 + rate)
    return size if gross >= 0 else -size


def spread(amount: int, weights: Mapping[int, int]) -> dict[int, int]:
    """Spread öre over rates in proportion to `weights`, by the largest remainder on the öre (acc-03, acc-05, acc-16).

    Equal remainders: the higher rate takes the öre. A rate without weight takes nothing. A ValueError answers weights
    that say nothing.
    """
    total = sum(weights.values())
    if amount and not total:
        raise ValueError(f"nothing says at which rate {amount} öre stand")
    shares = {rate: amount * weight // total if total else 0 for rate, weight in weights.items()}
    by_remainder = sorted(weights, key=lambda rate: (-(amount * weights[rate] % total if total else 0), -rate))
    for rate in by_remainder[: amount - sum(shares.values())]:
        shares[rate] += 1
    return shares


def shipping_shares(sale: Sale) -> dict[int, int]:
    """Return the shipping of a sale by rate, in öre with VAT: it follows the goods by value after discount (acc-05).

    Goods of one rate decide it even where they are given away. A ValueError answers goods of several rates that are
    all given away: unknown is an exception, not a guess (0.12).
    """
    goods = _by_rate((line.vat, line.gross) for line in sale.lines)
    if len(goods) == 1:
        return dict.fromkeys(goods, sale.shipping)
    return spread(sale.shipping, goods)


def documents(sale: Sale, refunds: Sequence[Refund] = ()) -> tuple[Document, ...]:
    """Return the invoice of a sale and a credit note for each of its refunds, in that order (2.6, way A).

    The total of a credit note is what the customer gets back. A ValueError answers a refund that gives back more
    than was sold, per line, rate or shipping (T7).
    """
    shipping = tuple(Row(rate, share, "shipping") for rate, share in shipping_shares(sale).items())
    invoice = Document(
        sale.order, _rows((*(Row(line.vat, line.gross, "goods", line.quantity) for line in sale.lines), *shipping))
    )
    made = [invoice]
    returned = [0] * len(sale.lines)
    shipping_returned = False
    for refund in refunds:
        rows: list[Row] = []
        for index, quantity in refund.lines:
            if index >= len(returned) or returned[index] + quantity > sale.lines[index].quantity:
                raise ValueError(f"{refund} returns more than {sale} sold")
            line = sale.lines[index]
            before, returned[index] = returned[index], returned[index] + quantity
            rows.append(Row(line.vat, line.gross_of(before) - line.gross_of(returned[index]), "goods", quantity))
        if refund.shipping:
            if shipping_returned:
                raise ValueError(f"{refund} returns shipping that is returned")
            shipping_returned = True
            rows.extend(Row(row.rate, -row.gross, "shipping") for row in shipping)
        left = _left([*made, Document(sale.order, tuple(rows))])
        if min(left.values(), default=0) < 0 or refund.price_reduction > sum(left.values()):
            raise ValueError(f"{refund} pays back more than is left of {sale}: {left}")
        # Acc-16: by what is paid and not yet credited; what this refund takes back is credited first.
        rows.extend(Row(rate, -share, "goods") for rate, share in spread(refund.price_reduction, left).items())
        made.append(Document(sale.order, _rows(rows)))
    return tuple(made)


def balances(history: History) -> dict[str, Balance]:
    """Return what each role of `ACCOUNTS` must hold when all events of the history are booked.

    The exact figures add up to 0 (T1). A ValueError answers a history that cannot have happened: an order sold
    twice, a refund of an order that was never sold, more given back than sold.
    """
    books = dict.fromkeys(ACCOUNTS, Balance(0, 0, 0))
    for facts in _facts(history).values():
        paper = facts.paper()
        sums = facts.sums(paper)
        # Model A (1.3): the invoice debits the receivable, its payment moves the claim to the provider; a credit
        # note and its repayment do the reverse (2.6).
        books["receivable"] += Balance.among(sums.receivable)
        books["clearing"] += Balance.among(sums.on_clearing)
        for rate in RATES:
            gross = sum(document.gross(rate) for document in paper)
            vat = _order_vat(paper, rate)
            books[f"sales_{rate}"] += -Balance.among(gross) + vat
            if rate:
                books[f"vat_{rate}"] += -vat
    for payout in (event for event in history if isinstance(event, Payout)):
        # Acc-24: the clearing account gives the gross, the bank takes the net, the fee is a cost of its own (0.1).
        books["bank"] += Balance.among(payout.net)
        books["fees"] += Balance.among(sum(payout.fees))
        # Acc-31: a reserve is the shop's own money, never a cost.
        books["reserve"] += Balance.among(payout.held)
        # Section 1.4, rule 0.9: reverse charge, the same VAT out and in.
        vat = _fee_vat(payout.fees)
        books["fee_vat_in"] += vat
        books["fee_vat_out"] += -vat
    return books


def order_balance(history: History, order: str) -> OrderBalance:
    """Return what an order comes to; all zeros for an order that the history does not name."""
    facts = _facts(history).get(order, _Facts(order))
    return facts.sums(facts.paper())


def differences(history: History, ledger: Mapping[str, int]) -> list[str]:
    """Judge a ledger: return a sentence for each role, and each pair of roles, that is wrong; none when it is right.

    `ledger` has öre by role; a role that it does not name holds 0. Revenue and VAT of one rate have a slack apart and
    none together, VAT on fees likewise (0.9), so the pairs are judged too.
    """
    books = balances(history)
    wrong = [
        f"{role} ({ACCOUNTS[role]}) holds {ledger.get(role, 0)} öre, and must hold {due.exact}, {due.low} to {due.high}"
        for role, due in books.items()
        if not due.allows(ledger.get(role, 0))
    ]
    pairs = [(f"sales_{rate}", f"vat_{rate}") for rate in RATES if rate] + [("fee_vat_in", "fee_vat_out")]
    for pair in pairs:
        held, due_together = (sum(ledger.get(role, 0) for role in pair), sum(books[role].exact for role in pair))
        if held != due_together:
            wrong.append(f"{' and '.join(pair)} hold {held} öre together, and must hold {due_together}")
    return [*wrong, *(f"{role} is no role of the model" for role in ledger if role not in books)]


def _order_vat(paper: Sequence[Document], rate: int) -> Balance:
    """Return the output VAT of an order at a rate, in öre, as a positive figure (0.3, T2, 0.7).

    An order of which nothing is left at this rate leaves no VAT: the credits together mirror the sale (0.7). The sum
    of roundings, one for each credit note, is right too (acc-15 to acc-17 round each note by itself).
    """
    ways = (
        sum(document.vat(rate) for document in paper),
        sum(document.vat_by_account(rate) for document in paper),
        sum(document.vat_by_row(rate) for document in paper),
        sum(document.vat_by_whole_ore(rate) for document in paper),
    )
    gone = not sum(document.gross(rate) for document in paper)
    return Balance.among(0 if gone else ways[0], *ways)


def _fee_vat(fees: Sequence[int]) -> Balance:
    """Return the VAT on the fees of a payout, in öre: 25 percent, half up, once per voucher (acc-24).

    Acc-30 books the fees of two months in two vouchers. What the two roundings add up to depends only on the
    remainder of one part by four, so the remainders that parts of these fees can have are followed, not the parts.
    """
    total = sum(fees)
    remainders = {0}
    for fee in fees:
        remainders |= {(remainder + fee) % 4 for remainder in remainders}
    split = (_half_up(part * FEE_RATE, 100) + _half_up((total - part) * FEE_RATE, 100) for part in remainders)
    return Balance.among(_half_up(total * FEE_RATE, 100), *split)


@dataclass
class _Facts:
    """What a history says of one order. `settled` is öre that payouts brought for it, less what they took."""

    order: str
    sale: Sale | None = None
    refunds: list[Refund] = field(default_factory=list)
    settled: int = 0

    def paper(self) -> tuple[Document, ...]:
        """Return its documents; none for an order that only a payout names (acc-32)."""
        if self.refunds and not self.sale:
            raise ValueError(f"order {self.order} is refunded and never sold")
        return documents(self.sale, self.refunds) if self.sale else ()

    def sums(self, paper: Sequence[Document]) -> OrderBalance:
        """Return what its documents and payouts come to: every document is paid in full at once (1.3, 2.6)."""
        invoiced = sum(document.total for document in paper[:1])
        credited = -sum(document.total for document in paper[1:])
        return OrderBalance(
            invoiced=invoiced,
            credited=credited,
            paid=invoiced,
            repaid=credited,
            on_clearing=invoiced - credited - self.settled,
        )


def _facts(history: History) -> dict[str, _Facts]:
    """Sort a history by order, those that only a payout names too."""
    found: dict[str, _Facts] = {}
    for event in history:
        if isinstance(event, Payout):
            for sign, part in ((1, event.charges), (-1, event.refunds)):
                for order, amount, _ in part:
                    found.setdefault(order, _Facts(order)).settled += sign * amount
            continue
        facts = found.setdefault(event.order, _Facts(event.order))
        if isinstance(event, Refund):
            facts.refunds.append(event)
        elif facts.sale:
            raise ValueError(f"order {event.order} is sold twice")
        else:
            facts.sale = event
    return found


def _left(paper: Sequence[Document]) -> dict[int, int]:
    """Return what is sold and not yet credited, in öre with VAT by rate."""
    return _by_rate((row.rate, row.gross) for document in paper for row in document.rows)


def _by_rate(amounts: Iterable[tuple[int, int]]) -> dict[int, int]:
    sums: dict[int, int] = {}
    for rate, amount in amounts:
        sums[rate] = sums.get(rate, 0) + amount
    return sums


def _rows(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Leave out the rows without an amount: there is no VAT on a zero row (acc-04)."""
    return tuple(row for row in rows if row.gross)


def _half_up(numerator: int, denominator: int) -> int:
    """Divide whole numbers, with a half rounded up."""
    return (2 * numerator + denominator) // (2 * denominator)
