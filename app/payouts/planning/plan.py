"""Plans a payout's vouchers: clearing account to bank, fees with their VAT, reserves and disputes separately.

A payout is never revenue and a fee never lowers it (accounting.md 0). The clearing account takes what balances the
voucher, so that it ends where the provider's own balance ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from app.payouts.fx.exchange import NO_EXCHANGE, Exchange, InKronor, at_bank_of, in_kronor, unknown_carrying_amounts
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
    clearing = clearing_role(f"psp.{payout.provider}", payout.currency, rules)
    own = without_written_off(payout, written_off)
    books = in_kronor(own, exchange, rules.account(clearing))
    bank_role = f"bank.{at_bank_of(payout).currency.lower()}"
    drafting = _Drafting(rules, books, bank_role, reverse_charge_base(written_off))
    drafts = [*drafting.drafts(), *drafting.answered(matches)]
    roles = dict.fromkeys(place for draft in drafts for place in (*draft.rows, clearing))
    if missing := [str(role) for role in roles if _account(role, rules) is None]:
        return stopped(Finding("ROLE_UNMAPPED", role, {"role": role}) for role in missing)
    vouchers = _vouchers(books.payout, drafts, clearing, rules)
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


@dataclass(frozen=True, slots=True)
class _Draft:
    """A voucher before its accounts are known; the clearing account takes what balances it."""

    ref: VoucherRef
    day: date
    text: str
    rows: Mapping[str | int, Money]
    """Role, or an account that is known → what is debited there."""


@dataclass(frozen=True, slots=True)
class _Drafting:
    """What the vouchers of one payout are made of, in kronor."""

    rules: TenantRules
    books: InKronor
    bank_role: str
    base_written_off: Money
    """Fees that payments put on the account of reverse charge."""

    @property
    def payout(self) -> Payout:
        """In kronor."""
        return self.books.payout

    def drafts(self) -> Iterator[_Draft]:
        """Fees of earlier months on their own days, disputes on theirs, the payout on the day it was sent."""
        first_of_month = self.payout.paid_on.replace(day=1)
        rest = [line for line in self.payout.lines if line.kind not in _DISPUTES]
        early = [line for line in rest if line.occurred_on < first_of_month] if self.rules.fees_by_month else []
        yield from (self._month(month, lines) for month, lines in _by_month(early) if _fees(lines))
        yield from (self._dispute(line) for line in self.payout.lines if line.kind in _DISPUTES)
        late = [line for line in rest if line not in early]
        reserve = total((line.amount for line in rest if line.kind in _RESERVE), BOOKS_CURRENCY)
        debt = total((line.amount for line in rest if line.kind is PayoutLineKind.NETTED_DEBT), BOOKS_CURRENCY)
        debtor = clearing_role(debtor_of(self.payout.provider), BOOKS_CURRENCY, self.rules)
        rows: dict[str | int, Money] = {
            **self._bank_rows(),
            **self._fee_rows(late, self.payout.paid_on, self.base_written_off),
            **({"reserve": -reserve} if reserve else {}),
            **({debtor: -debt} if debt else {}),
            **{account: -amount for account, amount in self.books.elsewhere.items()},
        }
        if difference := self.books.difference:
            rows["exchange.gain" if difference.minor > 0 else "exchange.loss"] = -difference
        text = "utbetalning som inte kom fram" if self.payout.bounced else "utbetalning"
        yield _Draft(PAYOUT, self.payout.paid_on, text, rows)

    def answered(self, matches: Mapping[str, Match]) -> Iterator[_Draft]:
        """Lines that a person knows the account of: apart, for the payout's own voucher may stand there already."""
        for line in self.payout.lines:
            match = matches.get(line.id)
            if match is not None and match.account is not None:
                text = f"rad {next(iter(line.keys.values()), line.raw_kind)}".strip()
                yield _Draft(voucher_of(line.id), self.payout.paid_on, text, {match.account: -line.amount})

    def _bank_rows(self) -> dict[str | int, Money]:
        """Money of a payout that bounced stays on the clearing account until a later payout brings it."""
        return {} if self.payout.bounced else {self.bank_role: self.payout.paid_out}

    def _month(self, last_day: date, lines: Sequence[PayoutLine]) -> _Draft:
        ref = VoucherRef(Purpose.FEES_OF_MONTH, f"{last_day:%Y-%m}")
        return _Draft(ref, last_day, f"avgifter {last_day:%Y-%m}, utbetalning", self._fee_rows(lines, last_day))

    def _dispute(self, line: PayoutLine) -> _Draft:
        """A dispute is no refund: the claim moves to the disputed ones, VAT untouched (acc-26, acc-27)."""
        rows = {**self._fee_rows([line], line.occurred_on), "disputed": -line.amount}
        text = f"{_DISPUTES[line.kind]} {line.text}".strip()
        return _Draft(VoucherRef(Purpose.DISPUTE, line.id), line.occurred_on, text, rows)

    def _fee_rows(
        self, lines: Sequence[PayoutLine], day: date, written_off: Money | None = None
    ) -> dict[str | int, Money]:
        """Debit the fee by its VAT mode: never a deduction that no document shows (accounting.md 1.4).

        VAT that a line shows is deducted as shown; the voucher calculates it for fees without any. `written_off`: such
        fees that payments put on the account of reverse charge, whatever the mode is by now.
        """
        fee, without_vat = _fees(lines), _fees(line for line in lines if not line.fee_vat)
        shown = total((line.fee_vat for line in lines if line.fee_vat), BOOKS_CURRENCY)
        mode = self.rules.fee_vat_on(self.payout.provider, day)
        zero = Money.zero(BOOKS_CURRENCY)
        base = (without_vat if mode is FeeVat.REVERSE_CHARGE else zero) + (written_off or zero)
        rows: dict[str | int, Money] = {fee_role_of(mode): fee} if fee else {}
        if base:
            vat = vat_on_net(base, _REVERSE_CHARGE_PERCENT)
            rows |= {"vat.input_reverse": vat, "vat.output_reverse": -vat}
        return rows | ({INPUT_VAT: shown} if shown else {})


def _fees(lines: Iterable[PayoutLine]) -> Money:
    return total((line.fee for line in lines), BOOKS_CURRENCY)


def _vouchers(payout: Payout, drafts: Sequence[_Draft], clearing: str, rules: TenantRules) -> Iterator[CreateVoucher]:
    """The drafts on the accounts of their roles, all of which have one; those that move nothing are left out."""
    provider = payout.provider.replace("_", " ").title()
    for draft in drafts:
        moved: dict[int, Money] = {}
        for place, amount in draft.rows.items():
            account = _account(place, rules) or 0
            moved[account] = moved.get(account, Money.zero(BOOKS_CURRENCY)) + amount
        balance = -total(moved.values(), BOOKS_CURRENCY)
        rows = rows_of([*moved.items(), (_account(clearing, rules) or 0, balance)])
        is_payout = draft.ref == PAYOUT
        arrives = payout.expected_at_bank if is_payout and not payout.bounced else None
        text = f"{provider} {draft.text}" + (f", bank {arrives}" if arrives else "")
        reference = payout.key if is_payout else f"{payout.key} {draft.ref.key}"
        if rows:
            yield CreateVoucher(draft.ref, draft.day, text, rules.payout_series, rows, reference)


def _account(place: str | int, rules: TenantRules) -> int | None:
    return place if isinstance(place, int) else rules.account(place)


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
