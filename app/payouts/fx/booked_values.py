"""What is kept of a booked payout's foreign money: what its lines took off the clearing account, and its worth."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from pydantic import TypeAdapter

from app.kit.money import Money
from app.payouts.fx.exchange import Exchange, Worth, at_bank_of, in_kronor, rates_of
from app.payouts.repository import read_settlement
from app.posting.vouchers import BOOKS_CURRENCY
from app.schema import StoredSettlement
from app.schema.base import Json

_WORTHS: TypeAdapter[dict[str, Worth]] = TypeAdapter(dict[str, Worth])


def worths_of(stored: StoredSettlement) -> dict[str, Worth] | None:
    """What the lines of a booked payout took off the clearing account; None before it is booked."""
    return _WORTHS.validate_python(stored.booked["worths"]) if stored.booked else None


def worth_at_bank(stored: StoredSettlement) -> Money | None:
    """What the bank got, in kronor, of one that bounced what stayed behind; None where it was not kept."""
    kept = (stored.booked or {}).get("at_bank")
    return None if kept is None else Money.of(str(kept), BOOKS_CURRENCY)


def rates_when_booked(stored: StoredSettlement, currencies: Collection[str]) -> dict[str, Decimal]:
    """Currency → kronor for one unit at which a payout is booked, of these; without those that nothing tells.

    A payout that was booked before its rates were kept tells that of its bank's currency, by what the bank was worth.
    """
    kept = stored.booked or {}
    found = {currency: Decimal(str(rate)) for currency, rate in (kept.get("rates") or {}).items()}
    booked = read_settlement(kept["settlement"]) if kept.get("settlement") else None
    if booked is not None:
        found = rates_of(booked, found)
        at_bank, worth = at_bank_of(booked), worth_at_bank(stored)
        if worth is not None and at_bank and not booked.bounced:
            found.setdefault(at_bank.currency, worth.decimal / at_bank.decimal)
    return {currency: rate for currency, rate in found.items() if currency in currencies}


def worths_as_kept(exchange: Exchange) -> Json:
    """What `worths_of` reads."""
    kept: Json = _WORTHS.dump_python(dict(exchange.worths), mode="json")
    return kept


def as_kept(stored: StoredSettlement, exchange: Exchange) -> Json:
    """A payout as it is booked. Every rate and worth must be known."""
    at_bank = in_kronor(read_settlement(stored.content), exchange, None).settlement.paid_out
    rates = {currency: str(rate) for currency, rate in exchange.rates.items()}
    return {
        "settlement": stored.content, "worths": worths_as_kept(exchange),
        "at_bank": str(at_bank.decimal), "file_id": stored.file_id,
        "rates": rates,
    }  # fmt: skip
