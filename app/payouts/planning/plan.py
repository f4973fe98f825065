"""Plans a payout's vouchers: clearing account to bank, fees with their VAT, reserves and disputes separately.

A payout is never revenue and a fee never lowers it (accounting.md 0). The clearing account takes what balances the
voucher, so that it ends where the provider's own balance ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType

from app.kit.money import Money, total, vat_on_net
from app.model.finding import UNSTATED, Finding, distinct
from app.model.payout import OF_ORDERS, MatchKey, Payout, PayoutLine, PayoutLineKind
from app.model.providers import habits_of
from app.orders.planning.readiness import BEFORE_CUT_OVER
from app.payments.fee_write_offs import INPUT_VAT, WrittenOff, fee_role_of, reverse_charge_base, without_written_off
from app.payments.payment import clearing_role
from app.payouts.fx.exchange import NO_EXCHANGE, Exchange, at_bank_of, in_kronor, unknown_carrying_amounts
from app.payouts.planning.bounced import bounced_notice
from app.payouts.planning.line_answers import OF_NO_KNOWN_KIND, LineAnswer, voucher_of
from app.posting.plan import Plan, Skipped, Stopped, Waiting, stopped
from app.posting.references import PAYOUT, Purpose, VoucherRef
from app.posting.vouchers import BOOKS_CURRENCY, CreateVoucher, rows_of
from app.tenants.fee_vat import FeeVat
from app.tenants.rules import TenantRules, UnknownLines

_REVERSE_CHARGE_PERCENT = Decimal(25)
"""Swedish VAT on a service bought from another EU country (accounting.md 1.4)."""
_DISPUTES = {PayoutLineKind.CHARGEBACK: "Tvist öppnad", PayoutLineKind.CHARGEBACK_REVERSED: "Tvist vunnen"}
NOT_MATCHING = "QLIRO_PAYOUT_NOT_MATCHING"
"""A line of a provider whose orders we know finds none."""
_RESERVE = frozenset({PayoutLineKind.RESERVE_HELD, PayoutLineKind.RESERVE_RELEASED})


@dataclass(frozen=True, slots=True)
class Match:
    """What a line of a payout belongs to: found in our own ledger, by this key."""

    order_name: str
    by: str
    """Name of the key that found it (`transaction_id` …), or a person's `LineAnswer`; empty: nothing found it."""
    account: int | None = None
    """Where a person said that the line's amount belongs."""
    invoice: str = ""
    """Number of the invoice that others made of the sale, where its reference found it."""
    invoice_is_open: bool = False
    """Nobody has paid that invoice yet."""


def plan_payout(
    payout: Payout,
    rules: TenantRules,
    matches: Mapping[str, Match],
    exchange: Exchange = NO_EXCHANGE,
    written_off: WrittenOff = MappingProxyType({}),
) -> Plan | Waiting | Skipped | Stopped:
    """The vouchers of a payout, or why there are none. `matches`: line id → what it belongs to.

    `exchange`: what is known of its foreign money; what is needed and not known stops it. `written_off`: fees that
    payments took already; the vouchers take all others.
    """
    if rules.cut_over and payout.paid_on < rules.cut_over:
        return Skipped(BEFORE_CUT_OVER)  # whoever kept the books until then had the money in the bank, too
    if not payout.is_final:
        return Waiting("payout_not_final")
    notices: list[Finding] = []
    kept_for = remainder_account(payout, rules)
    if kept_for is not None:
        notices.append(remainder_booked(payout, kept_for))
        payout = with_remainder(payout)
        matches = {**matches, REMAINDER: Match("", LineAnswer.ACCOUNT, kept_for)}
    unmatched = list(_unmatched(payout, matches, rules))
    held = [finding for finding in unmatched if _is_held(finding, rules) or _has_no_carrying_amount(finding, payout)]
    blocking = [*_unfit(payout), *unknown_carrying_amounts(payout, exchange), *held]
    if blocking:
        return stopped(blocking)
    planner = _Planner(payout, rules, exchange, written_off)
    vouchers = [*planner.vouchers(), *planner.answered(matches)]
    if planner.missing:
        return stopped(Finding("ROLE_UNMAPPED", role, {"role": role}) for role in planner.missing)
    notices += [*unmatched, *_unpaid(payout, matches), *_came_back(payout, matches)]
    notices += [bounced_notice(payout)] if payout.bounced else []
    return Plan(payout.key, rules.version, tuple(vouchers), notices=tuple(distinct(notices)))


def _unfit(payout: Payout) -> Iterable[Finding]:
    """What makes the whole payout unfit: parts that do not add up."""
    if payout.unexplained:
        left = str(payout.unexplained)
        data = {"payout": payout.id, "shop_amount": str(payout.paid_out), "left_amount": left}
        yield Finding("PAYOUT_DOES_NOT_ADD_UP", payout.id, data)


def _unmatched(payout: Payout, matches: Mapping[str, Match], rules: TenantRules) -> Iterable[Finding]:
    """Unmatched lines: for a work-list, never a guess (accounting.md 0.12)."""
    for line in payout.lines:
        match = matches.get(line.id)
        if line.kind in OF_ORDERS and (match is None or not match.by):
            reference = next(iter(line.keys.values()), line.id)
            data = {"reference": reference, "shop_amount": str(line.amount)}
            if habits_of(payout.provider).reports_orders and rules.provider_not_matching is UnknownLines.HOLD:
                own = line.keys.get(MatchKey.PAYMENT_ID, UNSTATED)
                hints = {"reference": own, "candidate": UNSTATED, "setting": UNSTATED, "cause": "unknown"}
                yield Finding("QLIRO_PAYOUT_NOT_MATCHING", line.id, data | hints)
            else:
                yield Finding("PAYOUT_LINE_UNMATCHED", line.id, data)
        if line.kind in OF_NO_KNOWN_KIND and (match is None or match.by not in list(LineAnswer)):
            yield Finding("PAYOUT_LINE_UNKNOWN", line.id, {"reference": line.raw_kind, "shop_amount": str(line.amount)})


def _is_held(unmatched: Finding, rules: TenantRules) -> bool:
    """Whether the rule for such a line stops the payout: a row of Qliro's is reported only where its rule does."""
    return unmatched.code == NOT_MATCHING or rules.unknown_lines is UnknownLines.HOLD


def _has_no_carrying_amount(unmatched: Finding, payout: Payout) -> bool:
    """Whether it is foreign money of which nobody has said yet what it is: only then does the day's rate apply."""
    return unmatched.code == "PAYOUT_LINE_UNKNOWN" and payout.currency != BOOKS_CURRENCY


def _unpaid(payout: Payout, matches: Mapping[str, Match]) -> Iterable[Finding]:
    """Sales that somebody else invoiced and nobody has paid: only who made the invoice can say whose payment it is."""
    for line in payout.lines:
        match = matches.get(line.id)
        if match is not None and match.invoice_is_open and line.kind is PayoutLineKind.CHARGE:
            data = {"document": match.invoice, "shop_amount": str(line.amount)}
            yield Finding("PAYOUT_OF_OPEN_INVOICE", match.invoice, data)


def _came_back(payout: Payout, matches: Mapping[str, Match]) -> Iterable[Finding]:
    """Refunds that did not reach their buyer: the credit note is paid, and the buyer is still owed the money."""
    for line in payout.lines:
        if line.kind is PayoutLineKind.REFUND_FAILED:
            match = matches.get(line.id)
            order = match.order_name if match and match.order_name else next(iter(line.keys.values()), line.id)
            yield Finding("PAYOUT_REFUND_CAME_BACK", line.id, {"order": order, "shop_amount": str(line.amount)})


def debtor_of(provider: str) -> str:
    """Role stem of the clearing account of a debt that this provider takes from its payouts."""
    return habits_of(provider).debtor or f"psp.{provider}"


class _Planner:
    """Makes the vouchers of one payout, in kronor."""

    def __init__(self, payout: Payout, rules: TenantRules, exchange: Exchange, written_off: WrittenOff) -> None:
        self.rules = rules
        self.missing: list[str] = []
        self.clearing_role = clearing_role(f"psp.{payout.provider}", payout.currency, rules)
        self.bank_role = f"bank.{at_bank_of(payout).currency.lower()}"
        own = without_written_off(payout, written_off)
        self.books = in_kronor(own, exchange, rules.account(self.clearing_role))
        self.base_written_off = reverse_charge_base(written_off)
        self.payout = self.books.payout
        self.zero = Money.zero(BOOKS_CURRENCY)

    def vouchers(self) -> list[CreateVoucher]:
        """Fees of earlier months on their own days, disputes on theirs, the payout on the day it was sent."""
        first_of_month = self.payout.paid_on.replace(day=1)
        disputes = [line for line in self.payout.lines if line.kind in _DISPUTES]
        rest = [line for line in self.payout.lines if line.kind not in _DISPUTES]
        early = [line for line in rest if line.occurred_on < first_of_month] if self.rules.fees_by_month else []
        made = [self._month(month, lines) for month, lines in _by_month(early) if self._fees(lines)]
        made += [self._dispute(line) for line in disputes]
        late = [line for line in rest if line not in early]
        reserve = total((line.amount for line in rest if line.kind in _RESERVE), BOOKS_CURRENCY)
        rows = self._bank_rows() | self._fee_rows(late, self.payout.paid_on, self.base_written_off)
        if reserve:
            rows[self._account("reserve")] = -reserve
        debt = total((line.amount for line in rest if line.kind is PayoutLineKind.NETTED_DEBT), BOOKS_CURRENCY)
        if debt:
            rows[self._account(clearing_role(debtor_of(self.payout.provider), BOOKS_CURRENCY, self.rules))] = -debt
        rows = self._with_exchange(rows)
        text = "utbetalning som inte kom fram" if self.payout.bounced else "utbetalning"
        made.append(self._voucher(PAYOUT, self.payout.paid_on, text, rows))
        return [voucher for voucher in made if voucher is not None]

    def _bank_rows(self) -> dict[int, Money]:
        """Money of a payout that bounced stays on the clearing account until a later payout brings it."""
        return {} if self.payout.bounced else {self._account(self.bank_role): self.payout.paid_out}

    def _with_exchange(self, rows: dict[int, Money]) -> dict[int, Money]:
        """Amounts on other clearing accounts at their carrying amount, and the exchange difference (acc-28)."""
        more = [(account, -amount) for account, amount in self.books.elsewhere.items()]
        if self.books.difference:
            role = "exchange.gain" if self.books.difference.minor > 0 else "exchange.loss"
            more.append((self._account(role), -self.books.difference))
        for account, amount in more:
            rows[account] = rows.get(account, self.zero) + amount
        return rows

    def _month(self, last_day: date, lines: list[PayoutLine]) -> CreateVoucher | None:
        text = f"avgifter {last_day:%Y-%m}, utbetalning"
        ref = VoucherRef(Purpose.FEES_OF_MONTH, f"{last_day:%Y-%m}")
        return self._voucher(ref, last_day, text, self._fee_rows(lines, last_day))

    def _dispute(self, line: PayoutLine) -> CreateVoucher | None:
        """A dispute is no refund: the claim moves to the disputed ones, VAT untouched (acc-26, acc-27)."""
        rows = self._fee_rows([line], line.occurred_on)
        disputed = self._account("disputed")
        rows[disputed] = rows.get(disputed, self.zero) - line.amount
        text = f"{_DISPUTES[line.kind]} {line.text}".strip()
        return self._voucher(VoucherRef(Purpose.DISPUTE, line.id), line.occurred_on, text, rows)

    def answered(self, matches: Mapping[str, Match]) -> Iterable[CreateVoucher]:
        """Lines that a person knows the account of: apart, for the payout's own voucher may stand there already."""
        for line in self.payout.lines:
            match = matches.get(line.id)
            if match is not None and match.account is not None:
                text = f"rad {next(iter(line.keys.values()), line.raw_kind)}".strip()
                made = self._voucher(voucher_of(line.id), self.payout.paid_on, text, {match.account: -line.amount})
                if made is not None:
                    yield made

    def _fees(self, lines: Iterable[PayoutLine]) -> Money:
        return total((line.fee for line in lines), BOOKS_CURRENCY)

    def _fee_rows(self, lines: list[PayoutLine], day: date, written_off: Money | None = None) -> dict[int, Money]:
        """Debit the fee by its VAT mode: never a deduction that no document shows (accounting.md 1.4).

        VAT that a line shows is deducted as shown; the voucher calculates it for fees without any. `written_off`: such
        fees that payments put on the account of reverse charge, whatever the mode is by now.
        """
        fee, without_vat = self._fees(lines), self._fees(line for line in lines if not line.fee_vat)
        shown = total((line.fee_vat for line in lines if line.fee_vat), BOOKS_CURRENCY)
        mode = self.rules.fee_vat_on(self.payout.provider, day)
        base = without_vat if mode is FeeVat.REVERSE_CHARGE else self.zero
        base += written_off or self.zero
        rows = {self._account(fee_role_of(mode)): fee} if fee else {}
        if base:
            vat = vat_on_net(base, _REVERSE_CHARGE_PERCENT)
            rows |= {self._account("vat.input_reverse"): vat, self._account("vat.output_reverse"): -vat}
        if shown:
            rows[self._account(INPUT_VAT)] = shown
        return rows

    def _account(self, role: str) -> int:
        account = self.rules.account(role)
        if account is None and role not in self.missing:
            self.missing.append(role)
        return account or 0

    def _voucher(self, ref: VoucherRef, day: date, text: str, rows: dict[int, Money]) -> CreateVoucher | None:
        """Debit what is positive; the clearing account takes what balances it."""
        clearing = self._account(self.clearing_role)
        balance = -total(rows.values(), BOOKS_CURRENCY)
        filled = rows_of([*rows.items(), (clearing, balance)])
        if not filled or self.missing:
            return None
        provider = self.payout.provider.replace("_", " ").title()
        arrives = self.payout.expected_at_bank if ref == PAYOUT and not self.payout.bounced else None
        bank = f", bank {arrives}" if arrives else ""
        reference = self.payout.key if ref == PAYOUT else f"{self.payout.key} {ref.key}"
        return CreateVoucher(ref, day, f"{provider} {text}{bank}", self.rules.payout_series, filled, reference)


def _by_month(lines: Iterable[PayoutLine]) -> list[tuple[date, list[PayoutLine]]]:
    """Lines by the last day of the month they belong to (acc-30)."""
    months: dict[date, list[PayoutLine]] = {}
    for line in lines:
        next_month = (line.occurred_on.replace(day=1) + timedelta(days=32)).replace(day=1)
        months.setdefault(next_month - timedelta(days=1), []).append(line)
    return sorted(months.items())


REMAINDER = "remainder"
"""Id of the line, and the word of its voucher."""


def remainder_account(payout: Payout, rules: TenantRules) -> int | None:
    """Where what no row explains belongs; None where nothing is kept, or nobody has said."""
    is_kept = payout.currency == BOOKS_CURRENCY and payout.is_captured and payout.unexplained.minor < 0
    return rules.remainder_accounts.get(payout.provider) if is_kept else None


def with_remainder(payout: Payout) -> Payout:
    """The payout with the line that its source does not tell."""
    line = PayoutLine(
        id=REMAINDER,
        kind=PayoutLineKind.OTHER,
        occurred_on=payout.paid_on,
        amount=payout.unexplained,
        fee=Money.zero(payout.currency),
        raw_kind=REMAINDER,
    )
    return replace(payout, lines=(*payout.lines, line))


def remainder_booked(payout: Payout, account: int) -> Finding:
    """Reported each time: only a person's answer says what it is."""
    data = {"payout": payout.id, "left_amount": str(payout.unexplained), "account": str(account)}
    return Finding("PAYOUT_REMAINDER_BOOKED", payout.id, data)
