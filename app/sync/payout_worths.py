"""What is kept of a booked payout's foreign money: what its lines took off the clearing account, and its worth."""

from __future__ import annotations

from pydantic import TypeAdapter

from app.domain.exchange import Exchange, Worth, in_kronor
from app.domain.money import Money
from app.domain.own_vouchers import BOOKS_CURRENCY
from app.store.tables import StoredSettlement
from app.store.tables.base import Json
from app.sync.settlements import read_settlement

_WORTHS: TypeAdapter[dict[str, Worth]] = TypeAdapter(dict[str, Worth])


def worths_of(stored: StoredSettlement) -> dict[str, Worth] | None:
    """What the lines of a booked payout took off the clearing account; None before it is booked."""
    return _WORTHS.validate_python(stored.booked["worths"]) if stored.booked else None


def worth_at_bank(stored: StoredSettlement) -> Money | None:
    """What the bank got, in kronor, of one that bounced what stayed behind; None where it was not kept."""
    kept = (stored.booked or {}).get("at_bank")
    return None if kept is None else Money.of(str(kept), BOOKS_CURRENCY)


def as_kept(stored: StoredSettlement, exchange: Exchange) -> Json:
    """A payout as it is booked. Every rate and worth must be known."""
    at_bank = in_kronor(read_settlement(stored.content), exchange, None).settlement.paid_out
    worths: Json = _WORTHS.dump_python(dict(exchange.worths), mode="json")
    return {
        "settlement": stored.content, "worths": worths, "at_bank": str(at_bank.decimal), "file_id": stored.file_id,
    }  # fmt: skip
