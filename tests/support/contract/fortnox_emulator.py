"""Builders for tests against the Fortnox emulator: a server, a client that speaks Fortnox, documents in one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx2

from sandbox.fortnox.app import create_app
from sandbox.fortnox.config import CompanyConfig, SandboxConfig
from sandbox.fortnox.world import World
from tests.support.serving import served


class Fortnox:
    """A connected client. Calls are not limited unless a test says so."""

    def __init__(self, http: httpx2.Client, world: World, tenant: int = 1234567) -> None:
        self.http = http
        self.world = world
        self.tenant = tenant
        self.limited = False
        self.tokens: dict[str, Any] = http.post("/_sandbox/tokens", json={"company": tenant}).json()

    def reset(self) -> "Fortnox":
        """Begin anew on the same server."""
        assert self.http.post("/_sandbox/reset").status_code == 200
        return Fortnox(self.http, self.world, self.tenant)

    def call(self, method: str, path: str, body: Any = None, **params: Any) -> httpx2.Response:
        if not self.limited:
            self.world.window.clear()
        headers = {"Authorization": f"Bearer {self.tokens['access_token']}", "Accept": "application/json"}
        return self.http.request(method, f"/3/{path}", json=body, params=params or None, headers=headers)

    def get(self, path: str, **params: Any) -> Any:
        answer = self.call("GET", path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ok(self, method: str, path: str, root: str, fields: dict[str, Any] | None = None, **params: Any) -> Any:
        answer = self.call(method, path, {root: fields} if fields is not None else None, **params)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()[root]

    def refused(self, method: str, path: str, root: str, fields: dict[str, Any] | None = None) -> tuple[int, str]:
        """Expect a validation refusal (lower-case envelope) and give its number and text."""
        answer = self.call(method, path, {root: fields} if fields is not None else None)
        assert answer.status_code == 400, answer.text
        error = answer.json()["ErrorInformation"]
        return error["code"], error["message"]

    def company(self, **changes: Any) -> None:
        assert self.http.patch(f"/_sandbox/companies/{self.tenant}", json=changes).status_code == 200

    def switch(self, **changes: Any) -> None:
        assert self.http.patch("/_sandbox/switches", json=changes).status_code == 200

    def customer(self, **fields: Any) -> str:
        return str(self.ok("POST", "customers", "Customer", {"Name": "Astrid Ek"} | fields)["CustomerNumber"])

    def invoice(self, *rows: dict[str, Any], **fields: Any) -> Any:
        number = fields.pop("CustomerNumber", None) or self.customer()
        return self.ok("POST", "invoices", "Invoice", {"CustomerNumber": number, "InvoiceRows": list(rows)} | fields)

    def booked(self, *rows: dict[str, Any], **fields: Any) -> Any:
        number = self.invoice(*rows, **fields)["DocumentNumber"]
        return self.ok("PUT", f"invoices/{number}/bookkeep", "Invoice")

    def paid(self, invoice: Any, amount: Any, **fields: Any) -> Any:
        payment = {"InvoiceNumber": int(invoice["DocumentNumber"]), "Amount": amount} | fields
        number = self.ok("POST", "invoicepayments", "InvoicePayment", payment)["Number"]
        self.ok("PUT", f"invoicepayments/{number}/bookkeep", "InvoicePayment")
        return self.ok("GET", f"invoices/{invoice['DocumentNumber']}", "Invoice")

    def ledger(self) -> Any:
        ledger = self.http.get("/_sandbox/ledger", params={"company": self.tenant}).json()
        assert ledger["balanced"]
        return ledger

    def balances(self) -> dict[str, int]:
        return {number: ore for number, ore in self.ledger()["balances"].items() if ore}


def row(price: Any, vat: Any = 25, quantity: Any = 1, **fields: Any) -> dict[str, Any]:
    # JSON numbers, as our client sends them; the digits of a text stay the same.
    price = float(price) if isinstance(price, str) else price
    return {"Description": "Vara", "Price": price, "VAT": vat, "DeliveredQuantity": quantity} | fields


@contextmanager
def connected(config: SandboxConfig | None = None) -> Iterator[Fortnox]:
    """Serve an emulator and connect to its first company, on 22 November 2026 whatever the day.

    Totals keep their öre unless a test says otherwise.
    """
    config = config or SandboxConfig(companies=(CompanyConfig(whole_krona_rounding=False),))
    offset = (datetime(2026, 11, 22, 11, tzinfo=UTC) - datetime.now(UTC)).total_seconds()
    app = create_app(config.model_copy(update={"clock_offset_seconds": offset}))
    with served(app) as server, httpx2.Client(base_url=server.url, timeout=10) as http:
        yield Fortnox(http, app.state.world)
