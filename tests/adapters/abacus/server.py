"""Abacus's own side, in memory: JSON in, JSON out. A document is posted by the call that makes it, exact to the öre.

It does not look for doubles: who sends a document twice has it twice, so that a test sees it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

CLAIMS = 1510
Json = Mapping[str, Any]


@dataclass
class AbacusServer:
    """The books of one company, by numbers that Abacus gives."""

    documents: list[dict[str, Any]] = field(default_factory=list)
    """Sales, credits, receipts and journals, each with its voucher: account → öre, debit less credit."""
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    is_away: bool = False
    closed: frozenset[int] = frozenset()
    """Accounts that it refuses."""
    before_answer: Callable[[str], None] = lambda _path: None
    """Called when a posting is done and its answer is under way: it may be lost there."""

    def handle(self, path: str, body: bytes) -> tuple[int, bytes]:
        """One request: status and answer."""
        if self.is_away:
            raise ConnectionError("abacus is away")
        self.calls.append(path)
        sent: dict[str, Any] = json.loads(body)
        if path == "search":
            found = [document for document in self.documents if document["ref"] == sent["ref"]]
            return 200, json.dumps({"documents": found}).encode()
        if path == "journal":
            found = [document for document in self.documents if document["day"].startswith(str(sent["year"]))]
            return 200, json.dumps({"documents": found}).encode()
        if path == "record":
            self.records[sent["id"]] = sent
            return 201, b"{}"
        voucher = _VOUCHERS[sent["kind"]](self, sent)
        if refused := self.closed & voucher.keys():
            return 422, json.dumps({"error": f"account {min(refused)} is closed"}).encode()
        assert sum(voucher.values()) == 0, voucher
        number = f"{sent['kind'][0].upper()}{len(self.documents) + 1}"
        document = {**sent, "number": number, "voucher": {str(account): ore for account, ore in voucher.items() if ore}}
        self.documents.append(document)
        self.before_answer(sent["kind"])
        return 201, json.dumps(document).encode()

    def balance(self, account: int) -> int:
        """Öre, debit less credit."""
        return sum(document["voucher"].get(str(account), 0) for document in self.documents)

    def refs(self, kind: str) -> list[str]:
        """The references of its documents of a kind, in the order they were posted."""
        return [document["ref"] for document in self.documents if document["kind"] == kind]

    def open_of(self, number: str) -> int:
        """Öre that nobody has paid of a sale; negative: that nobody has paid back of a credit."""
        (total,) = [document["total"] for document in self.documents if document["number"] == number]
        paid = sum(document["ore"] for document in self.documents if document.get("pays") == number)
        return int(total - paid)

    def _trade(self, sent: Json) -> dict[int, int]:
        """The claim against revenue and VAT, which is taken out of each rate's sum."""
        voucher: dict[int, int] = {CLAIMS: sent["total"]}
        for rate in {row["vat"] for row in sent["rows"]}:
            rows = [row for row in sent["rows"] if row["vat"] == rate]
            gross = sum(row["ore"] for row in rows)
            vat = int((Decimal(gross) * Decimal(rate) / (100 + Decimal(rate))).to_integral_value(ROUND_HALF_UP))
            left = gross - vat
            for place, row in enumerate(rows):
                net = left if place == len(rows) - 1 else round(row["ore"] * (gross - vat) / gross) if gross else 0
                left -= net
                voucher[row["account"]] = voucher.get(row["account"], 0) - net
            if vat:
                account = sent["vat_accounts"][rate]
                voucher[account] = voucher.get(account, 0) - vat
        return voucher

    def _receipt(self, sent: Json) -> dict[int, int]:
        """What moved, what was kept of it, and the claim that it closes."""
        voucher = {sent["account"]: sent["ore"] - sum(kept["ore"] for kept in sent["kept"])}
        for kept in sent["kept"]:
            voucher[kept["account"]] = voucher.get(kept["account"], 0) + kept["ore"]
        voucher[CLAIMS] = voucher.get(CLAIMS, 0) - sent["ore"]
        return voucher

    def _journal(self, sent: Json) -> dict[int, int]:
        voucher: dict[int, int] = {}
        for row in sent["rows"]:
            voucher[row["account"]] = voucher.get(row["account"], 0) + row["ore"]
        return voucher


_VOUCHERS: Mapping[str, Callable[[AbacusServer, Json], dict[int, int]]] = {
    "sale": AbacusServer._trade,
    "credit": AbacusServer._trade,
    "receipt": AbacusServer._receipt,
    "journal": AbacusServer._journal,
}
