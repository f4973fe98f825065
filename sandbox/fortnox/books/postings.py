"""What invoices and payments post. Amounts in the invoice's currency come in, öre of kronor go out."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from sandbox.fortnox.books.arithmetic import Line, Totals
from sandbox.fortnox.books.ledger import Posting
from sandbox.fortnox.money import to_ore


def invoice_postings(
    lines: Sequence[Line], totals: Totals, *, factor: Decimal, receivable: int, round_off: int
) -> list[Posting]:
    """Debit the receivable; credit sales by account and VAT by group. The receivable comes first.

    ``factor`` turns the currency into kronor. What its rounding leaves goes where whole-krona rounding goes.
    """
    sums: dict[tuple[int, str, str], int] = defaultdict(int)
    for line, net in zip(lines, totals.net_of_line, strict=True):
        if line.account:
            sums[line.account, line.cost_center, line.project] -= to_ore(net * factor)
    for (_rate, account), vat in totals.vat_of.items():
        if account:
            sums[account, "", ""] -= to_ore(vat * factor)
    claim = to_ore(totals.total * factor)
    sums[round_off, "", ""] -= claim + sum(sums.values())
    rows = [
        Posting(account, ore, cost_center=cost_center or None, project=project or None)
        for (account, cost_center, project), ore in sums.items()
        if ore
    ]
    return [Posting(receivable, claim), *rows]


def share_of(postings: Sequence[Posting], part: Decimal, whole: Decimal) -> list[int]:
    """Share the rows after the first out in proportion; they add up to the first row's share, negated."""
    if not whole:
        return [posting.ore for posting in postings[1:]]
    ratio = part / whole
    shares = [int((posting.ore * ratio).to_integral_value()) for posting in postings[1:]]
    if shares:
        largest = max(range(len(shares)), key=lambda index: abs(shares[index]))
        shares[largest] -= int((postings[0].ore * ratio).to_integral_value()) + sum(shares)
    return shares


def payment_postings(
    *, money: tuple[int, int], write_offs: Iterable[Posting], settled: Iterable[Posting], gain: int, loss: int
) -> list[Posting]:
    """Debit the money account and the write-offs, settle the claim, and put a currency difference where it belongs.

    ``money`` is account and öre; ``settled`` credits the receivable, or the sale itself in a cash-method company.
    """
    account, ore = money
    rows = [Posting(account, ore), *write_offs, *settled]
    difference = sum(posting.ore for posting in rows)
    if difference:
        rows.append(Posting(gain if difference > 0 else loss, -difference))
    return [posting for posting in rows if posting.ore]
