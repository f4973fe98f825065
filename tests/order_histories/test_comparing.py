"""The comparer: the right outcome is equal, and each key of an expectation can fail."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from sandbox.stories.comparing import CHECKS, BadExpectationError, check_expectation, differences
from sandbox.stories.observing import Document, Observation, ReadFinding, Row, Voucher

Change = Callable[[dict[str, Any]], object]
VASE = Row("3001", "VAS-1", Decimal(1), Decimal("500.00"), Decimal(25), "Vas")
INVOICE = Document(
    "invoice", "1", "2026-11-03", Decimal("500.00"), Decimal(0), "SEK", (VASE,), is_booked=True,
    facts={"name": "Maja Gran", "email": "maja@example.se", "delivery_country": "Schweiz"},
)  # fmt: skip
BACK = replace(VASE, quantity=Decimal(-1), total=Decimal("-500.00"))
CREDIT = replace(INVOICE, kind="credit", number="2", date="2026-11-10", total=Decimal("-500.00"), rows=(BACK,))
SALE = Voucher("B1", "2026-11-03", "", {"1510": Decimal(500), "3001": Decimal(-400), "2611": Decimal(-100)})
PAID = Voucher("C1", "2026-11-03", "", {"1581": Decimal(500), "1510": Decimal(-500)})
LOST = ReadFinding("REFUND_MONEY_MISSING", ("The customer is owed 1 500,00 SEK.",), {"amount": "1500.00"})
CARD = {"name": "Maja Gran", "type": "PRIVATE", "vat_type": "SEVAT", "vat_number": "", "email": "maja@example.se"}
FIRST = Observation("booked", "", (), (INVOICE,), (SALE, PAID), (CARD,), has_written=True)
LAST = replace(FIRST, findings=(LOST,), documents=(INVOICE, CREDIT))
RIGHT: dict[str, Any] = {
    "state": "booked",
    "findings": ["REFUND_MONEY_*"],
    "never": ["PAYMENT_*"],
    "says": ["1500.00", ["krona", "SEK"]],
    "sent": True,
    "documents": [
        {"kind": "credit", "date": "2026-11-10", "total": -500.0, "rows": [{"quantity": -1, "total": -500.0}]},
        {"kind": "invoice", "balance": 0.0, "rows": [{"account": "3001", "vat_rate": 25, "never_text": ["()"]}]},
    ],
    "totals": {"invoice": 500.0, "credit": -500.0},
    "no_document_of": [1000.0],
    "accounts": {"1510": 0.0, "1581": [499, 500], "3001+2611": -500.0, "other": 0},
    "dated": {"2026-11": {"1581": 500.0}, "2026-11-03": {"3001": -400.0}},
    "customer_name": ["Maja", "Maja Gran"],
    "customer_type": "PRIVATE",
    "vat_type": "SEVAT",
    "vat_number": "",
    "email": "*",
    "delivery_country": ["Schweiz", "Switzerland"],
    "after": {"1": {"findings": [], "documents": [{"kind": "invoice"}]}},
}


def compared(change: Change = lambda _expect: None, *observed: Observation) -> list[str]:
    expect = copy.deepcopy(RIGHT)
    change(expect)
    check_expectation(expect, 2)
    return differences(expect, observed or (FIRST, LAST))


def test_right_outcome_is_equal() -> None:
    assert compared() == []


WRONG: list[tuple[str, Change]] = [
    ("state", lambda e: e.update(state="stopped")),
    ("state", lambda e: e.update(state=["stopped", "waiting"])),
    ("findings", lambda e: e.update(findings=[])),
    ("findings", lambda e: e.update(findings=["REFUND_MONEY_MISSING", "ROLE_UNMAPPED"])),
    ("findings", lambda e: e.update(findings=[["ROLE_UNMAPPED", "FORTNOX_*"]])),
    ("never", lambda e: e.update(never=["REFUND_*"])),
    ("says", lambda e: e.update(says=["1500.01"])),
    ("says", lambda e: e.update(says=[["€", "EUR"]])),
    ("sent", lambda e: e.update(sent=False)),
    ("documents", lambda e: e["documents"].pop()),
    ("documents", lambda e: e["documents"][0].update(kind="invoice")),
    ("documents", lambda e: e["documents"][0].update(date="2026-11-11")),
    ("documents", lambda e: e["documents"][0].update(total=-499.99)),
    ("documents", lambda e: e["documents"][0].update(currency="EUR")),
    ("documents", lambda e: e["documents"][1].update(balance=0.01)),
    ("documents", lambda e: e["documents"][1]["rows"].append({})),
    ("documents", lambda e: e["documents"][1]["rows"][0].update(account="3002")),
    ("documents", lambda e: e["documents"][1]["rows"][0].update(article="VAS-2")),
    ("documents", lambda e: e["documents"][1]["rows"][0].update(vat_rate=12)),
    ("documents", lambda e: e["documents"][1]["rows"][0].update(never_text=["", "Vas"])),
    ("documents", lambda e: e["documents"][0]["rows"][0].update(quantity=1)),
    ("documents", lambda e: e["documents"][0]["rows"][0].update(total=-500.01)),
    ("documents", lambda e: e["documents"].append({"kind": "order"})),
    ("totals", lambda e: e["totals"].update(credit=-499.0)),
    ("no_document_of", lambda e: e["no_document_of"].append(-500.0)),
    ("accounts", lambda e: e["accounts"].update({"1510": 0.01})),
    ("accounts", lambda e: e["accounts"].update({"1581": [500.01, 501]})),
    ("accounts", lambda e: e["accounts"].update({"3001+2611": -400.0})),
    ("accounts", lambda e: e["accounts"].pop("1581")),
    ("accounts", lambda e: e["accounts"].update(other=-1.0)),
    ("dated", lambda e: e["dated"]["2026-11-03"].update({"3001": 0.0})),
    ("dated", lambda e: e["dated"].update({"2026-12": {"1581": 500.0}})),
    ("customer_name", lambda e: e.update(customer_name="Maja")),
    ("customer_type", lambda e: e.update(customer_type="COMPANY")),
    ("vat_type", lambda e: e.update(vat_type=["EUVAT", "EXPORT"])),
    ("vat_number", lambda e: e.update(vat_number="*")),
    ("email", lambda e: e.update(email="")),
    ("delivery_country", lambda e: e.update(delivery_country="")),
    ("after state 1", lambda e: e["after"]["1"].update(state="waiting")),
    ("after state 1", lambda e: e["after"]["1"].update(findings=["REFUND_MONEY_MISSING"])),
    ("after state 1", lambda e: e["after"]["1"]["documents"].append({"kind": "credit"})),
]


@pytest.mark.parametrize(("key", "change"), WRONG)
def test_each_key_can_fail(key: str, change: Change) -> None:
    found = compared(change)
    assert len(found) == 1
    assert found[0].startswith(f"{key}: ")


def test_every_key_is_among_those_that_were_made_fail() -> None:
    assert {key for key, _change in WRONG} - {"after state 1"} == set(CHECKS)


def test_one_of_the_alternatives_must_hold_in_full() -> None:
    def without_credit(expect: dict[str, Any]) -> None:
        right = copy.deepcopy(expect)
        expect["state"] = "skipped"
        expect["alternatives"] = [{"state": "booked", "findings": []}, right]

    def mixed(expect: dict[str, Any]) -> None:
        expect["state"] = "skipped"
        expect["alternatives"] = [{"state": "booked", "findings": [], "after": {"1": {"state": "booked"}}}]

    assert compared(without_credit) == []
    assert compared(mixed) == [
        "(outcome 1 of 2) state: found booked, expected skipped; " + LOST.code + ": " + LOST.texts[0]
    ]


def test_never_looks_at_every_state_so_far() -> None:
    assert compared(lambda e: e.update(never=["REFUND_*"], findings=[], says=[]), LAST, FIRST)[0].startswith(
        "never: REFUND_MONEY_MISSING after state 1"
    )
    early = lambda e: e.update(after={"1": {"never": ["REFUND_*"]}})  # noqa: E731
    assert compared(early) == []


def test_a_balance_of_another_account_is_seen_even_where_others_cancel_it_out() -> None:
    odd = Voucher("A1", "2026-11-04", "", {"1930": Decimal(5), "2999": Decimal(-5)})
    found = compared(lambda _e: None, FIRST, replace(LAST, vouchers=(SALE, PAID, odd)))
    assert len(found) == 2


def test_a_finding_of_the_shop_is_none_of_the_order() -> None:
    of_shop = replace(LOST, of_order=False)
    clean = replace(LAST, findings=(of_shop,))
    assert compared(lambda e: e.update(findings=[]), FIRST, clean) == []


def test_what_is_told_vaguely_does_not_take_what_is_told_exactly() -> None:
    assert compared(lambda e: e.update(documents=[{}, {"kind": "credit"}])) == []
    assert compared(lambda e: e.update(documents=[{"kind": "credit"}, {"kind": "credit"}])) != []


@pytest.mark.parametrize(
    ("change", "about"),
    [
        (lambda e: e.update(status="booked"), "unknown keys: status"),
        (lambda e: e["documents"][0].update(sum=1), "unknown keys: sum"),
        (lambda e: e["documents"][0]["rows"][0].update(price=1), "unknown keys: price"),
        (lambda e: e["after"].update({"3": {"state": "booked"}}), "names state 3"),
        (lambda e: e["after"].update({"1": {}}), "says nothing"),
        (lambda e: e.update(alternatives={}), "is no list"),
        (lambda e: e.update(alternatives=[{"notes": "?"}]), "says nothing"),
    ],
)
def test_what_could_not_be_compared_is_refused(change: Change, about: str) -> None:
    with pytest.raises(BadExpectationError, match=about):
        compared(change)
