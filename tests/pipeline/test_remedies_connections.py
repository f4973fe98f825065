"""Remedies of connections that were lost: a person connects again, and what waited goes on by itself."""

from __future__ import annotations

from dataclasses import replace

from sandbox.fortnox.config import CompanyConfig
from sandbox.shopify.merchant import shop_body
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.endpoint import Endpoint
from tests.support.pipeline.person import Person, remedied
from tests.support.pipeline.qliro import CLEARING, SECRET, Qliro
from tests.support.pipeline.qliro_credentials import encrypted
from tests.support.pipeline.tokens import AN_HOUR_AGO, encrypt_again


def test_consent_that_fortnox_took_back(bench: Bench, person: Person) -> None:
    with bench.emulators.world.lock:
        bench.emulators.world.tokens.withdraw_consent("bokbro-demo", bench.company)
    order = bench.place()
    bench.rest()
    with remedied(bench, "FORTNOX_CONSENT_LOST"):
        person.connect_fortnox()
    bench.proves(order)


def test_token_that_answers_for_another_company(bench: Bench, person: Person) -> None:
    world = bench.emulators.world
    with world.lock:
        world.put_company(CompanyConfig(database_number=4711, name="Någon Annan AB"))
        for key, consent in list(world.tokens.consents.items()):
            world.tokens.consents[key] = replace(consent, tenant=4711)
        for known in world.tokens.refresh.values():
            known.grant = replace(known.grant, tenant=4711)
    encrypt_again(bench, expires_at=AN_HOUR_AGO)
    order = bench.place()
    bench.rest()
    with remedied(bench, "FORTNOX_TOKEN_OF_OTHER_COMPANY"):
        person.connect_fortnox()
    bench.proves(order)


def test_app_that_was_uninstalled(bench: Bench, person: Person, endpoint: Endpoint) -> None:
    assert endpoint.deliver(shop_body(bench.shop), topic="app/uninstalled") == 200
    bench.rest()
    with remedied(bench, "SHOPIFY_TOKEN_REVOKED"):
        person.connect_shop()
    order = bench.place()
    bench.rest()
    bench.proves(order)


def test_credentials_of_qliro_that_do_not_open(bench: Bench, qliro: Qliro, person: Person) -> None:
    qliro.switch(fee_vat_rate="25")
    qliro.sell()
    bench.rest()
    qliro.close()
    encrypted(qliro, b"not sealed at all")
    qliro.poll()
    with remedied(bench, "QLIRO_CREDENTIALS_UNREADABLE"):
        person.connect_qliro(qliro.key, SECRET)
        qliro.poll()
    assert (qliro.states(), bench.balance(CLEARING)) == (["booked"], 0)
