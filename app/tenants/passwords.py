"""Passwords by Argon2id, at the library's current parameters; older hashes are renewed when their owner signs in."""

from __future__ import annotations

from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_PASSWORD_LENGTH = 10
"""Characters. Length is the only rule: composition rules make people write passwords down."""
MAX_PASSWORD_LENGTH = 1000
"""Characters. Argon2 reads all it is given; an unbounded password is a way to keep our processor busy."""


class WeakPasswordError(ValueError):
    """A password too short to be set."""

    def __init__(self) -> None:
        super().__init__(f"a password needs {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} characters")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the password was right, and the hash to store in place of one made with older parameters."""

    right: bool
    renewed_hash: str | None = None


class Passwords:
    """Hashes and checks passwords. One object per process: it also holds the hash that unknown users are checked by."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash("a password that nobody has")

    def hash(self, password: str) -> str:
        """Make the hash to store. Raises WeakPasswordError."""
        if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
            raise WeakPasswordError
        return self._hasher.hash(password)

    def check(self, stored: str | None, password: str) -> Verdict:
        """Compare with a stored hash; None is an unknown user, who costs the same time and is always wrong.

        Without that, the time of the answer would tell which e-mail addresses have an account.
        """
        try:
            self._hasher.verify(stored or self._nobody, password[:MAX_PASSWORD_LENGTH])
        except (VerificationError, InvalidHashError):
            return Verdict(right=False)
        if stored is None:
            return Verdict(right=False)
        renewed = self._hasher.hash(password) if self._hasher.check_needs_rehash(stored) else None
        return Verdict(right=True, renewed_hash=renewed)
