"""One API call, and what a resource is."""

from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from sandbox.fortnox.company import Company
from sandbox.fortnox.config import Switches, UserConfig
from sandbox.fortnox.errors import UNKNOWN_CODE, FortnoxError, not_found
from sandbox.fortnox.wire import Document, Reply, unwrap


@dataclass(frozen=True)
class Upload:
    """A file that came as multipart/form-data."""

    name: str
    content: bytes


@dataclass(frozen=True)
class ApiCall:
    """A call that has passed the gate. ``parts`` are the path words after the resource, percent-decoded."""

    company: Company
    user: UserConfig
    switches: Switches
    method: str
    parts: tuple[str, ...]
    query: dict[str, str]
    body: Any
    base_url: str
    scopes: frozenset[str] = frozenset()
    upload: Upload | None = None

    def url(self, *words: str) -> str:
        """Make the ``@url`` of an object; recordings percent-encode the key."""
        return "/".join([self.base_url, "3", *(quote(word, safe="") for word in words)])

    def sent(self, root: str) -> Document:
        """Take what was written out of its envelope."""
        return unwrap(self.body, root)


class Resource(Protocol):
    """What answers the calls under one first path word."""

    def answer(self, call: ApiCall) -> Reply:
        """Answer a call; refuses by raising `FortnoxError`. May write."""


class Collection:
    """A resource with a list, objects by key, and actions on them. What a resource lacks answers 404."""

    def answer(self, call: ApiCall) -> Reply:
        """Send a call to the method for its verb and depth."""
        match call.method, call.parts:
            case "GET", ():
                return self.list(call)
            case "POST", ():
                return self.create(call)
            case "GET", (key,):
                return self.get(call, key)
            case "PUT", (key,):
                return self.update(call, key)
            case "DELETE", (key,):
                return self.delete(call, key)
            case _, (key, action):
                return self.act(call, key, action)
            case _:
                raise no_such_path()

    def list(self, call: ApiCall) -> Reply:
        """List objects."""
        raise no_such_path(call.method)

    def create(self, call: ApiCall) -> Reply:
        """Create an object."""
        raise no_such_path(call.method)

    def get(self, call: ApiCall, key: str) -> Reply:
        """Show an object."""
        raise no_such_path(call.method, key)

    def update(self, call: ApiCall, key: str) -> Reply:
        """Change an object."""
        raise no_such_path(call.method, key)

    def delete(self, call: ApiCall, key: str) -> Reply:
        """Delete an object."""
        raise no_such_path(call.method, key)

    def act(self, call: ApiCall, key: str, action: str) -> Reply:
        """Do an action on an object, e.g. bookkeep."""
        raise no_such_path(call.method, key, action)


def no_such_path(*about: str) -> Exception:
    """Refuse a path or verb that does not exist."""
    return not_found(UNKNOWN_CODE, " ".join(["Sökvägen finns inte.", *about]))


def in_use(call: ApiCall, message: str) -> FortnoxError:
    """Refuse to remove what documents use; 2000310 has been reported for it (fortnox-api.md 5 and 7.14)."""
    return FortnoxError(2000310 if call.switches.in_use_is_2000310 else UNKNOWN_CODE, message)
