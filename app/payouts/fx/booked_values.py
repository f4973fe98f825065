"""What is stored of a booked payout's foreign money: what its lines took off the clearing account, and its value."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from pydantic import TypeAdapter

from app.kit.money import Money
from app.payouts.fx.exchange import CarryingAmount, Exchange, at_bank_of, in_kronor, rates_of
from app.payouts.repository import read_payout
from app.posting.vouchers import BOOKS_CURRENCY
from app.schema import StoredPayout
from app.schema.base import Json

_CARRYING_AMOUNTS: TypeAdapter[dict[str, CarryingAmount]] = TypeAdapter(dict[str, CarryingAmount])


def carrying_amounts_of(stored: StoredPayout) -> dict[str, CarryingAmount] | None:
    """What the lines of a booked payout took off the clearing account; None before it is booked."""
    return _CARRYING_AMOUNTS.validate_python(stored.booked["carrying_amounts"]) if stored.booked else None


def amount_at_bank(stored: StoredPayout) -> Money | None:
    """What the bank got, in kronor, of one that bounced what stayed behind; None where it was not kept."""
    kept = (stored.booked or {}).get("at_bank")
    return None if kept is None else Money.of(str(kept), BOOKS_CURRENCY)


def rates_when_booked(stored: StoredPayout, currencies: Collection[str]) -> dict[str, Decimal]:
    """Currency → kronor for one unit at which a payout is booked, of these; without those that are not known.

    Of a payout booked before rates were stored, the bank's amount in kronor gives the rate of the bank's currency.
    """
    kept = stored.booked or {}
    rates = {currency: Decimal(str(rate)) for currency, rate in (kept.get("rates") or {}).items()}
    booked = read_payout(kept["payout"]) if kept.get("payout") else None
    if booked is not None:
        rates = rates_of(booked, rates)
        at_bank, carrying_amount = at_bank_of(booked), amount_at_bank(stored)
        if carrying_amount is not None and at_bank and not booked.bounced:
            rates.setdefault(at_bank.currency, carrying_amount.decimal / at_bank.decimal)
    return {currency: rate for currency, rate in rates.items() if currency in currencies}


def carrying_amounts_as_kept(exchange: Exchange) -> Json:
    """What `carrying_amounts_of` reads."""
    kept: Json = _CARRYING_AMOUNTS.dump_python(dict(exchange.carrying_amounts), mode="json")
    return kept


def as_kept(stored: StoredPayout, exchange: Exchange) -> Json:
    """A payout as it is booked. Every rate and carrying amount must be known."""
    at_bank = in_kronor(read_payout(stored.content), exchange, None).payout.paid_out
    rates = {currency: str(rate) for currency, rate in exchange.rates.items()}
    return {
        "payout": stored.content, "carrying_amounts": carrying_amounts_as_kept(exchange),
        "at_bank": str(at_bank.decimal), "file_id": stored.file_id,
        "rates": rates,
    }  # fmt: skip
