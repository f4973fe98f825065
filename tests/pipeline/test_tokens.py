from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from app.kit.encryption import DecryptionError
from app.kit.http.outcome import Done
from app.kit.http.token_keeper import ConsentLostError, TokenUnavailableError
from app.ledgers.fortnox.call import Call
from app.schema import Connection
from sandbox.fortnox.config import CompanyConfig
from sandbox.kit.calls import CallFilter
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.emulators import together
from tests.support.pipeline.family import as_json, in_processes
from tests.support.pipeline.tokens import AN_HOUR_AGO, encrypt_again


def _token(bench: Bench) -> str:
    return bench.program.books.client.tokens.access_token(bench.fortnox_id)


def _renewals(bench: Bench) -> int:
    return len(bench.emulators.kit.calls.select(CallFilter(path="/oauth-v1/token")))


@pytest.fixture
def rotating(bench: Bench) -> Bench:
    """A grant of a person: its refresh token works once."""
    bench.connect_fortnox(service=False)
    return bench


def test_sixteen_threads_in_four_processes_renew_a_rotating_token_once(rotating: Bench) -> None:
    encrypt_again(rotating, expires_at=AN_HOUR_AGO)
    order = {
        "settings": as_json(rotating.program.settings), "connection": rotating.fortnox_id, "company": rotating.company,
        "threads": 4,
    }  # fmt: skip
    tokens = [token for child in in_processes(4, "tokens", order) for token in child]
    assert (len(tokens), len(set(tokens))) == (16, 1)
    assert _renewals(rotating) == 1
    assert rotating.connection(rotating.fortnox_id).state == "active"


def test_the_new_refresh_token_is_kept_and_works_the_next_time(rotating: Bench) -> None:
    seen = set()
    for _renewal in range(3):
        encrypt_again(rotating, expires_at=AN_HOUR_AGO)
        seen.add(_token(rotating))
    assert (len(seen), _renewals(rotating)) == (3, 3)
    assert rotating.program.grants.load(rotating.fortnox_id).version >= 4


@pytest.mark.parametrize("grant", ["client_credentials", "refresh_token"])
def test_many_workers_whose_token_dies_in_use_all_go_on_with_one_renewal(bench: Bench, grant: str) -> None:
    bench.connect_fortnox(service=grant == "client_credentials")
    with bench.emulators.world.lock:
        bench.emulators.world.tokens.expire_access()
    client, books = bench.program.books.client, bench.books
    # A renewal that takes its time: the others must wait for it, not give up.
    bench.emulators.kit.faults.order("latency", "POST", "/oauth-v1/token", seconds=0.5)
    outcomes = together(*[lambda: client.call(books, Call("GET", "/3/companyinformation"))] * 8)
    assert all(isinstance(outcome, Done) for outcome in outcomes), outcomes
    assert _renewals(bench) == 1


def test_client_credentials_are_asked_for_again_when_they_end(bench: Bench) -> None:
    encrypt_again(bench, expires_at=AN_HOUR_AGO, refresh_token=None)
    assert _token(bench) == _token(bench)
    assert _renewals(bench) == 1


def test_a_token_that_is_valid_is_used_without_asking(bench: Bench) -> None:
    assert _token(bench) == _token(bench)
    assert _renewals(bench) == 0


def test_a_token_about_to_end_is_renewed_before_a_call_could_outlive_it(bench: Bench) -> None:
    encrypt_again(bench, expires_at=(datetime.now(UTC) + timedelta(seconds=30)).isoformat())
    _token(bench)
    assert _renewals(bench) == 1


def test_a_used_refresh_token_loses_the_consent_and_says_so(rotating: Bench) -> None:
    before = rotating.program.grants.load(rotating.fortnox_id)
    encrypt_again(rotating, expires_at=AN_HOUR_AGO)
    _token(rotating)
    encrypt_again(rotating, expires_at=AN_HOUR_AGO, refresh_token=before.refresh_token)
    with pytest.raises(ConsentLostError, match="FORTNOX_CONSENT_LOST"):
        _token(rotating)
    assert rotating.connection(rotating.fortnox_id).state == "needs_consent"
    assert rotating.findings() == ["FORTNOX_CONSENT_LOST"]


def test_a_renewal_that_failed_gives_its_claim_back(rotating: Bench) -> None:
    encrypt_again(rotating, expires_at=AN_HOUR_AGO)
    rotating.emulators.kit.faults.order("html_page", "POST", "/oauth-v1/token")
    with pytest.raises(TokenUnavailableError):
        _token(rotating)
    assert _token(rotating)


def test_a_sealed_grant_moved_to_another_connection_does_not_open_there(bench: Bench) -> None:
    encrypted = bench.connection(bench.fortnox_id).encrypted
    with bench.program.store.write() as session:
        session.execute(update(Connection).where(Connection.id == bench.shop_id).values(encrypted=encrypted))
    with pytest.raises(DecryptionError):
        bench.program.grants.load(bench.shop_id)


def test_nothing_secret_shows_in_the_repr_of_a_grant(bench: Bench) -> None:
    grant = bench.program.grants.load(bench.fortnox_id)
    shown = repr(grant)
    assert grant.access_token
    assert grant.access_token not in shown
    assert str(grant.refresh_token) not in shown


def _idle_since(bench: Bench, moment: datetime) -> None:
    with bench.program.store.write() as session:
        session.execute(update(Connection).where(Connection.id == bench.fortnox_id).values(updated_at=moment))


def test_the_grant_of_a_company_that_sold_nothing_for_months_lives_on(rotating: Bench) -> None:
    """In a year without an order its 45 days never run out."""
    clock = rotating.emulators.world.clock
    for _week in range(52):
        clock.advance(7 * 86400)
        encrypt_again(rotating, expires_at=AN_HOUR_AGO)
        _idle_since(rotating, datetime.now(UTC) - timedelta(days=8))
        assert rotating.program.scheduler.keep_grants_alive() == 1
    order = rotating.place()
    rotating.rest()
    assert rotating.state(order) != "new"
    assert rotating.connection(rotating.fortnox_id).state == "active"


def test_a_grant_that_was_used_this_week_is_left_alone(rotating: Bench) -> None:
    encrypt_again(rotating, expires_at=AN_HOUR_AGO)
    assert rotating.program.scheduler.keep_grants_alive() == 0
    assert _renewals(rotating) == 0


def test_a_grant_that_cannot_be_renewed_does_not_keep_the_others_from_it(rotating: Bench) -> None:
    encrypt_again(rotating, expires_at=AN_HOUR_AGO)
    _idle_since(rotating, datetime.now(UTC) - timedelta(days=8))
    rotating.emulators.kit.faults.order("html_page", "POST", "/oauth-v1/token")
    assert rotating.program.scheduler.keep_grants_alive() == 0
    assert rotating.program.scheduler.keep_grants_alive() == 1


@pytest.mark.parametrize("grant", ["client_credentials", "refresh_token"])
def test_a_token_that_suddenly_answers_for_another_company_stops_everything(bench: Bench, grant: str) -> None:
    bench.connect_fortnox(service=grant == "client_credentials")
    world = bench.emulators.world
    with world.lock:
        other = world.put_company(CompanyConfig(database_number=4711, name="Någon Annan AB"))
        tokens = world.tokens
        for known in tokens.refresh.values():
            known.grant = replace(known.grant, tenant=4711)
        for key, consent in list(tokens.consents.items()):
            tokens.consents[key] = replace(consent, tenant=4711)
    encrypt_again(bench, expires_at=AN_HOUR_AGO)
    order = bench.place()
    bench.emulators.kit.calls.clear()
    bench.rest()
    assert bench.sent() == [], "not one call with that token"
    assert (other.kind("invoices"), bench.invoices()) == ({}, [])
    assert bench.connection(bench.fortnox_id).state == "needs_consent"
    assert "FORTNOX_TOKEN_OF_OTHER_COMPANY" in bench.findings()
    assert bench.state(order) == "stopped"
