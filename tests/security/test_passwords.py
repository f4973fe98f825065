from __future__ import annotations

import subprocess
import sys

import pytest
from argon2 import PasswordHasher, profiles

from app.tenants.passwords import Passwords, WeakPasswordError
from tests.security.conftest import PASSWORD


def test_right_password_is_right_and_wrong_is_wrong(passwords: Passwords) -> None:
    stored = passwords.hash(PASSWORD)
    assert passwords.check(stored, PASSWORD).right
    assert not passwords.check(stored, PASSWORD + "!").right


@pytest.mark.parametrize("password", ["", "kort", "n" * 1001])
def test_short_and_endless_passwords_cannot_be_set(passwords: Passwords, password: str) -> None:
    with pytest.raises(WeakPasswordError):
        passwords.hash(password)


def test_hash_with_older_parameters_is_renewed(passwords: Passwords) -> None:
    older = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash(PASSWORD)
    verdict = passwords.check(older, PASSWORD)
    assert verdict.right
    assert verdict.renewed_hash is not None
    assert passwords.check(verdict.renewed_hash, PASSWORD).renewed_hash is None


def test_wrong_password_never_renews(passwords: Passwords) -> None:
    older = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash(PASSWORD)
    assert passwords.check(older, "fel lösenord").renewed_hash is None


def test_unknown_user_costs_one_hash_and_is_wrong(monkeypatch: pytest.MonkeyPatch, passwords: Passwords) -> None:
    seen: list[str] = []
    verify = passwords._hasher.verify

    def counted(_: object, stored: str, given: str) -> bool:
        seen.append(stored)
        return verify(stored, given)

    monkeypatch.setattr(type(passwords._hasher), "verify", counted)
    assert not passwords.check(None, PASSWORD).right
    assert not passwords.check(None, "a password that nobody has").right
    assert [stored[:9] for stored in seen] == ["$argon2id"] * 2, "a real hash was computed each time"


def test_service_hashes_by_the_librarys_own_parameters() -> None:
    """In a process of its own: the suite's own passwords are cheap ones."""
    code = f"from app.tenants.passwords import Passwords; print(Passwords().hash({PASSWORD!r}))"
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    standard = profiles.RFC_9106_LOW_MEMORY
    wanted = f"$argon2id$v=19$m={standard.memory_cost},t={standard.time_cost},p={standard.parallelism}$"
    assert made.stdout.startswith(wanted)


def test_broken_hash_is_wrong_not_an_error(passwords: Passwords) -> None:
    assert not passwords.check("not a hash", PASSWORD).right
