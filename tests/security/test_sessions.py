from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select, update

from app.kit.db.engine import Store
from app.kit.random_tokens import token_hash
from app.schema import LoginAttempt, UserAccount, WebSession
from app.tenants.passwords import Passwords, Verdict
from app.tenants.sessions import (
    NewSession,
    SignedIn,
    SignInRefusedError,
    find_session,
    revoke_all_sessions,
    revoke_session,
    sign_in,
)
from app.tenants.throttle import PER_ACCOUNT, PER_ADDRESS, WINDOW, TooManyAttemptsError
from tests.security.conftest import NOW, PASSWORD

pytestmark = pytest.mark.usefixtures("user_id")
HOURS = timedelta(hours=12)


def enter(
    store: Store,
    passwords: Passwords,
    *,
    email: str = "maja@example.se",
    password: str = PASSWORD,
    address: str = "192.0.2.1",
    now: datetime = NOW,
) -> NewSession:
    return sign_in(store, passwords, email=email, password=password, address=address, now=now, lifetime=HOURS)


def who(store: Store, cookie: str, now: datetime = NOW) -> SignedIn | None:
    with store.read() as session:
        return find_session(session, cookie, now)


def test_right_password_opens_a_session_whose_id_is_not_stored(store: Store, passwords: Passwords) -> None:
    fresh = enter(store, passwords, email="  Maja@Example.se ")
    person = who(store, fresh.cookie)
    assert person is not None
    assert (person.name, person.role.value, person.language) == ("Maja", "merchant", "sv")
    with store.read() as session:
        stored = session.scalars(select(WebSession)).one()
        assert stored.id_hash == token_hash(fresh.cookie)
        assert fresh.cookie not in repr(vars(stored))
    assert fresh.cookie not in repr(fresh)


@pytest.mark.parametrize(
    ("email", "password"),
    [("maja@example.se", "fel lösenord"), ("ingen@example.se", PASSWORD), ("maja@example.se", ""), ("\0", "\0")],
)
def test_wrong_pair_is_refused_without_saying_which(
    store: Store, passwords: Passwords, email: str, password: str
) -> None:
    with pytest.raises(SignInRefusedError) as refusal:
        enter(store, passwords, email=email, password=password)
    assert str(refusal.value) == ""


def test_disabled_account_is_refused_and_its_sessions_end(store: Store, passwords: Passwords) -> None:
    fresh = enter(store, passwords)
    with store.write() as session:
        session.execute(update(UserAccount).values(disabled_at=NOW))
    assert who(store, fresh.cookie) is None
    with pytest.raises(SignInRefusedError):
        enter(store, passwords)


def test_session_expires(store: Store, passwords: Passwords) -> None:
    fresh = enter(store, passwords)
    assert who(store, fresh.cookie, NOW + HOURS - timedelta(seconds=1)) is not None
    assert who(store, fresh.cookie, NOW + HOURS) is None


def test_signing_out_ends_one_session_and_revoking_ends_all(store: Store, passwords: Passwords, user_id: int) -> None:
    first, second, third = (enter(store, passwords) for _ in range(3))
    with store.write() as session:
        revoke_session(session, token_hash(first.cookie), NOW)
    assert who(store, first.cookie) is None
    assert who(store, second.cookie) is not None
    with store.write() as session:
        revoke_all_sessions(session, user_id, NOW)
    assert who(store, second.cookie) is None
    assert who(store, third.cookie) is None


def test_sessions_long_ended_are_swept(store: Store, passwords: Passwords) -> None:
    enter(store, passwords)
    enter(store, passwords, now=NOW + timedelta(days=29))
    enter(store, passwords, now=NOW + timedelta(days=31))
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(WebSession)) == 2


def test_unknown_cookie_is_nobody(store: Store) -> None:
    assert who(store, "åäö") is None


def test_each_sign_in_has_its_own_id_and_form_token(store: Store, passwords: Passwords) -> None:
    people = [who(store, enter(store, passwords).cookie) for _ in range(2)]
    assert people[0] is not None
    assert people[1] is not None
    assert people[0].form_token != people[1].form_token
    assert people[0].session_hash != people[1].session_hash


def test_account_is_closed_to_guessing_even_with_the_right_password(store: Store, passwords: Passwords) -> None:
    for number in range(PER_ACCOUNT):
        with pytest.raises(SignInRefusedError):
            enter(store, passwords, password="fel lösenord", address=f"192.0.2.{number}")
    with pytest.raises(TooManyAttemptsError):
        enter(store, passwords)
    assert enter(store, passwords, now=NOW + WINDOW + timedelta(seconds=1)).cookie


def test_address_is_closed_after_guessing_at_many_accounts(store: Store, passwords: Passwords) -> None:
    for number in range(PER_ADDRESS):
        with pytest.raises(SignInRefusedError):
            enter(store, passwords, email=f"{number}@example.se")
    with pytest.raises(TooManyAttemptsError):
        enter(store, passwords)
    assert enter(store, passwords, address="198.51.100.7").cookie


def test_guesses_at_the_same_instant_do_not_slip_through(
    store: Store, passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[str] = []
    check = passwords.check

    def counted(stored: str | None, given: str) -> Verdict:
        looked_at.append(given)
        return check(stored, given)

    monkeypatch.setattr(passwords, "check", counted)

    def guess(number: int) -> None:
        with pytest.raises((SignInRefusedError, TooManyAttemptsError)):
            enter(store, passwords, password=f"gissning {number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(guess, range(40)))
    assert len(looked_at) <= PER_ACCOUNT


def test_right_password_forgets_the_failures(store: Store, passwords: Passwords) -> None:
    for _ in range(PER_ACCOUNT - 1):
        with pytest.raises(SignInRefusedError):
            enter(store, passwords, password="fel lösenord")
    enter(store, passwords)
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(LoginAttempt)) == 0


def test_old_attempts_are_swept(store: Store, passwords: Passwords) -> None:
    with pytest.raises(SignInRefusedError):
        enter(store, passwords, email="annan@example.se", now=NOW - timedelta(days=2))
    with pytest.raises(SignInRefusedError):
        enter(store, passwords, password="fel lösenord")
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(LoginAttempt)) == 1


def test_hash_with_older_parameters_is_stored_anew(store: Store, passwords: Passwords) -> None:
    strict = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    enter(store, strict)
    with store.read() as session:
        stored = session.scalars(select(UserAccount.password_hash)).one()
    assert "m=16,t=2," in stored
    assert strict.check(stored, PASSWORD).renewed_hash is None
    assert passwords.check(stored, PASSWORD).right
