"""Encryption of stored secrets: AES-256-GCM under a ring of keys, each ciphertext bound to the row it belongs to.

An encrypted value is one byte of version, 4 bytes of key id, 12 bytes of nonce, then ciphertext and tag. By the key id
old values are decrypted after a new key was put first; the binding (table, row, purpose) is authenticated, not stored,
so a ciphertext copied to another row, or to another use in the same row, cannot be decrypted there.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION = b"\x01"
_ID_BYTES = 4
_NONCE_BYTES = 12
_HEAD = len(_VERSION) + _ID_BYTES + _NONCE_BYTES


class DecryptionError(Exception):
    """A value that cannot be decrypted: unknown key, changed bytes, or moved from another row. Names no secret."""

    def __init__(self, bound_to: str, why: str) -> None:
        self.bound_to = bound_to
        self.why = why
        super().__init__(f"the sealed value of {bound_to} does not open: {why}")


class Encrypted(bytes):
    """Encrypted bytes, ready for a column; its repr shows nothing."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Sealed(***)"

    __str__ = __repr__


class SecretValues(Mapping[str, Any]):
    """Decrypted secrets by name. Each can be read; printing or logging the whole shows nothing."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - JSON
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return "SecretValues(***)"


def binding(table: str, row: object, purpose: str) -> str:
    """Name the one place a value is encrypted for. Parts are quoted, so no two places share a name."""
    return json.dumps([table, str(row), purpose])


def connection_binding(tenant_id: int, platform: str, account: str) -> str:
    """The place of a connection's secrets. By its natural key, which is known before the row has a number."""
    return binding("connection", json.dumps([tenant_id, platform, account]), "secrets")


class KeyRing:
    """The keys, newest first: the first encrypts, all of them decrypt."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ValueError("a key ring needs at least one key")
        ring = [(_derive(key, b"bokbro key id", _ID_BYTES), AESGCM(_derive(key, b"bokbro seal", 32))) for key in keys]
        self._newest_id, self._newest = ring[0]
        self._by_id = dict(reversed(ring))

    def __repr__(self) -> str:
        return f"KeyRing({len(self._by_id)} keys)"

    def encrypt(self, secret: bytes, *, bound_to: str) -> Encrypted:
        """Encrypt under the newest key, for this place only."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return Encrypted(_VERSION + self._newest_id + nonce + self._newest.encrypt(nonce, secret, bound_to.encode()))

    def open(self, encrypted: bytes, *, bound_to: str) -> bytes:
        """Decrypt what was encrypted for this place. Raises DecryptionError otherwise."""
        if len(encrypted) <= _HEAD or encrypted[:1] != _VERSION:
            raise DecryptionError(bound_to, "not a sealed value")
        key = self._by_id.get(bytes(encrypted[1 : 1 + _ID_BYTES]))
        if key is None:
            raise DecryptionError(bound_to, "its key is not in the ring")
        try:
            return key.decrypt(bytes(encrypted[1 + _ID_BYTES : _HEAD]), bytes(encrypted[_HEAD:]), bound_to.encode())
        except InvalidTag:
            raise DecryptionError(bound_to, "changed, or sealed for another place") from None

    def reseal(self, encrypted: bytes, *, bound_to: str) -> Encrypted | None:
        """Encrypt again under the newest key, or None when it already is: the step of a rotation, row by row."""
        secret = self.open(encrypted, bound_to=bound_to)
        if bytes(encrypted[1 : 1 + _ID_BYTES]) == self._newest_id:
            return None
        return self.encrypt(secret, bound_to=bound_to)

    def encrypt_values(self, values: Mapping[str, Any], *, bound_to: str) -> Encrypted:
        """Encrypt named secrets as JSON."""
        return self.encrypt(json.dumps(dict(values), separators=(",", ":")).encode(), bound_to=bound_to)

    def open_values(self, encrypted: bytes, *, bound_to: str) -> SecretValues:
        """Decrypt named secrets. Raises DecryptionError."""
        return SecretValues(json.loads(self.open(encrypted, bound_to=bound_to)))


def _derive(key: str, purpose: bytes, length: int) -> bytes:
    # The operator's key is text of any length; HKDF makes independent keys of the right size out of it.
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=None, info=purpose).derive(key.encode())
