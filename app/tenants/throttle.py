"""Slows guessing down: failed sign-ins are counted per account and per address, in the database all processes share."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select

from app.kit.db.engine import WriteSession
from app.schema import LoginAttempt

WINDOW = timedelta(minutes=15)
"""How long a failure counts. Short enough that a locked-out person waits rather than calls."""
PER_ACCOUNT = 10
"""Tries per account and window, whichever address they come from. Ten is far above honest mistyping."""
PER_ADDRESS = 50
"""Tries per address and window: an office shares one address, so it is allowed more."""
_KEEP = timedelta(days=1)


class TooManyAttemptsError(Exception):
    """The account or the address has used up its tries; says nothing about whether the account exists."""

    def __init__(self) -> None:
        super().__init__("too many failed sign-ins; wait a quarter of an hour")


def note_attempt(session: WriteSession, *, email: str, address: str, now: datetime) -> int:
    """Write the attempt down before it is tried, and return its number.

    Written first and counted after the commit, a hundred simultaneous guesses see one another: the k-th to commit
    counts at least k. Counting first would let all of them through.
    """
    session.execute(delete(LoginAttempt).where(LoginAttempt.at < now - _KEEP))
    attempt = LoginAttempt(at=now, email=email, address=address)
    session.add(attempt)
    session.flush()
    return attempt.id


def is_over_limit(session: WriteSession, *, email: str, address: str, now: datetime) -> bool:
    """Tell whether the account or the address has more tries in the window than allowed."""
    recent = LoginAttempt.at >= now - WINDOW
    by_account, by_address = session.execute(
        select(
            func.count().filter(LoginAttempt.email == email),
            func.count().filter(LoginAttempt.address == address),
        ).where(recent, or_(LoginAttempt.email == email, LoginAttempt.address == address))
    ).one()
    return by_account > PER_ACCOUNT or by_address > PER_ADDRESS


def forget_attempts(session: WriteSession, *, email: str, attempt_id: int) -> None:
    """A right password clears the account's failures. Those of the address stay: it may be guessing at others."""
    session.execute(delete(LoginAttempt).where(or_(LoginAttempt.id == attempt_id, LoginAttempt.email == email)))
