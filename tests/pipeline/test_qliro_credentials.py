"""Stored credentials of Qliro that do not open any more: told with what to do, and whole again by either way."""

from __future__ import annotations

from app.kit.encryption import KeyRing
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.qliro import CLEARING, Qliro
from tests.support.pipeline.qliro_credentials import encrypted


def test_credentials_that_do_not_open_are_told_until_their_key_is_back(bench: Bench, qliro: Qliro) -> None:
    qliro.switch(fee_vat_rate="25")
    qliro.sell()
    bench.rest()
    qliro.close()
    lost = KeyRing(["a-key-that-nobody-has-any-more-32"])
    kept = encrypted(qliro, bytes(lost.encrypt_values({"key": "K", "secret": "S"}, bound_to="its place")))
    qliro.poll()
    finding = bench.finding("QLIRO_CREDENTIALS_UNREADABLE")
    assert (finding.connection_id, finding.job_id, bench.findings()) == (qliro.connection_id, None, [finding.code])
    encrypted(qliro, kept)
    qliro.poll()
    assert (bench.findings(), qliro.states(), bench.balance(CLEARING)) == ([], ["booked"], 0)


def test_connecting_again_heals_credentials_that_do_not_open(bench: Bench, qliro: Qliro) -> None:
    encrypted(qliro, b"not sealed at all")
    qliro.poll()
    assert bench.findings() == ["QLIRO_CREDENTIALS_UNREADABLE"]
    qliro.connect()
    qliro.poll()
    assert bench.findings() == []
