from __future__ import annotations

import pytest

from app.kit.encryption import DecryptionError, Encrypted, KeyRing, binding, connection_binding

OLD, NEW = "o" * 32, "n" * 32
ROW = connection_binding(1, "fortnox", "12345")


def test_what_was_sealed_opens_at_its_place() -> None:
    ring = KeyRing([NEW])
    encrypted = ring.encrypt_values({"refresh_token": "åäö-hemlig"}, bound_to=ROW)
    assert ring.open_values(encrypted, bound_to=ROW)["refresh_token"] == "åäö-hemlig"
    assert b"hemlig" not in bytes(encrypted)


@pytest.mark.parametrize(
    "elsewhere",
    [
        connection_binding(2, "fortnox", "12345"),
        connection_binding(1, "shopify", "12345"),
        connection_binding(1, "fortnox", "12346"),
        binding("user_account", 1, "secrets"),
    ],
)
def test_a_value_moved_to_another_row_does_not_open(elsewhere: str) -> None:
    ring = KeyRing([NEW])
    with pytest.raises(DecryptionError, match="another place"):
        ring.open(ring.encrypt(b"token", bound_to=ROW), bound_to=elsewhere)


def test_no_two_places_share_a_name() -> None:
    assert binding("a", "b", "c") != binding("a", 'b", "c', "c")
    assert connection_binding(1, "fortnox", "2") != connection_binding(12, "fortnox", "")


@pytest.mark.parametrize("position", [0, 1, 5, 20, -1])
def test_any_changed_byte_is_noticed(position: int) -> None:
    ring = KeyRing([NEW])
    encrypted = bytearray(ring.encrypt(b"a token", bound_to=ROW))
    encrypted[position] ^= 1
    with pytest.raises(DecryptionError):
        ring.open(bytes(encrypted), bound_to=ROW)


@pytest.mark.parametrize("broken", [b"", b"\x01", b"plain text that was never sealed"])
def test_what_was_never_sealed_is_refused(broken: bytes) -> None:
    with pytest.raises(DecryptionError):
        KeyRing([NEW]).open(broken, bound_to=ROW)


def test_rotation_opens_old_values_and_renews_them() -> None:
    old = KeyRing([OLD]).encrypt(b"token", bound_to=ROW)
    both = KeyRing([NEW, OLD])
    assert both.open(old, bound_to=ROW) == b"token"
    renewed = both.reseal(old, bound_to=ROW)
    assert renewed is not None
    assert KeyRing([NEW]).open(renewed, bound_to=ROW) == b"token"
    assert both.reseal(renewed, bound_to=ROW) is None
    with pytest.raises(DecryptionError, match="not in the ring"):
        KeyRing([NEW]).open(old, bound_to=ROW)


def test_the_same_secret_never_looks_the_same() -> None:
    ring = KeyRing([NEW])
    assert ring.encrypt(b"token", bound_to=ROW) != ring.encrypt(b"token", bound_to=ROW)


def test_nothing_secret_is_printed() -> None:
    ring = KeyRing([NEW])
    encrypted = ring.encrypt_values({"token": "hemlig"}, bound_to=ROW)
    opened = ring.open_values(encrypted, bound_to=ROW)
    assert repr(encrypted) == str(encrypted) == "Sealed(***)"
    assert isinstance(encrypted, Encrypted)
    assert "hemlig" not in repr(opened) + str(opened) + repr(ring)
    assert NEW not in repr(ring)
    assert dict(opened) == {"token": "hemlig"}


def test_an_empty_ring_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        KeyRing([])
