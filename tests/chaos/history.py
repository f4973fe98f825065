"""What happens in the shops: drawn from a seed, the same for the company of the quiet day and for that of the storm."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

_GOODS = (
    ("Vas Björk", "CH-VAS", "499.00", "25"),
    ("Skål Lera", "CH-SKAL", "299.00", "25"),
    ("Bok Rök", "CH-BOK", "212.00", "6"),
    ("Middag", "CH-MID", "560.00", "12"),
    ("Lampa Lin", "CH-LAMPA", "849.50", "25"),
    ("Kaffe", "CH-KAFFE", "50.00", "6"),
)  # fmt: skip
_CARD = {"gateway": "shopify_payments"}
_BUYERS = 40
PHASES = 2
"""Orders come in the first, and are worked on in the second, when they stand: an order that is edited before anybody
has read it is another order, and may rightly have other documents."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that is done in a shop, at the earliest in its phase."""

    phase: int
    order: str
    action: str
    """`create`, or what the emulators call it."""
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class History:
    """Everything that happens in the two shops of one company."""

    seed: int
    shopify: tuple[Act, ...]
    qliro: tuple[Act, ...]


def history(seed: int, orders: int) -> History:
    """Draw it: six of seven orders at Shopify, the others at Qliro."""
    dice = random.Random(seed)
    at_qliro = max(orders // 7, 1)
    shopify = [act for number in range(orders - at_qliro) for act in _shopify(dice, f"#{1001 + number}")]
    qliro = [act for number in range(at_qliro) for act in _qliro(dice, f"Q-{2001 + number}")]
    return History(seed, _in_time(dice, shopify), _in_time(dice, qliro))


def _in_time(dice: random.Random, acts: list[Act]) -> tuple[Act, ...]:
    """Phase by phase; orders among each other in any order, each one's own acts in theirs."""
    places: dict[str, float] = {}
    for act in acts:
        places.setdefault(act.order, dice.random())
    return tuple(sorted(acts, key=lambda act: (act.phase, places[act.order])))


def _shopify(dice: random.Random, name: str) -> list[Act]:
    fate = dice.choices(list(_FATES), [weight for weight, _acts in _FATES.values()])[0]
    spec = _order(dice, name)
    if fate in _PAYMENTS:
        spec["payments"] = _PAYMENTS[fate]
    later = [Act(phase, name, action, details) for phase, action, details in _FATES[fate][1]]
    if fate == "edited":
        later.insert(0, Act(1, name, "edit", {"add": [_line(dice)]}))
    return [Act(0, name, "create", spec), *later]


_ONE_BACK = {"lines": [{"line": 0, "quantity": 1}]}
_FATES: dict[str, tuple[int, tuple[tuple[int, str, dict[str, Any]], ...]]] = {
    "paid": (30, ()),
    "paid later": (6, ((1, "pay", _CARD),)),
    "unknown gateway": (4, ()),
    "refunded at once": (6, ((0, "refund", _ONE_BACK),)),
    "refunded": (14, ((1, "refund", _ONE_BACK),)),
    "refunded twice": (4, ((1, "refund", _ONE_BACK), (1, "refund", {"amount": "5.00"}))),
    "cancelled": (6, ((1, "cancel", {"refund": True}),)),
    "reduced": (6, ((1, "refund", {"amount": "25.00"}),)),
    "edited": (6, ((1, "pay", _CARD),)),
    "noted": (9, ((0, "update", {"note": "Ring först."}),)),
    "noted later": (9, ((1, "update", {"note": "Ring inte."}),)),
}
"""What becomes of an order: how often of a hundred, and what is done to it in which phase."""
_PAYMENTS: dict[str, list[dict[str, str]]] = {
    "paid later": [],
    "unknown gateway": [{"gateway": "a gateway that nobody knows"}],
}


def _order(dice: random.Random, name: str) -> dict[str, Any]:
    number = dice.randint(1, _BUYERS)
    billing = {"first_name": "Bo", "last_name": f"Ek {number}"}
    spec: dict[str, Any] = {
        "name": name,
        "lines": [_line(dice) for _line_number in range(dice.randint(1, 3))],
        "payments": [_CARD],
        "buyer": {"id": 7000 + number, "email": f"b{number}@example.se", "billing": billing},
    }
    if dice.random() < 0.4:
        spec["shipping"] = [{"title": "PostNord Varubrev", "price": "49.00"}]
    if dice.random() < 0.25:
        spec["discount"] = {"percent": str(dice.choice((5, 10, 15)))}
    return spec


def _line(dice: random.Random) -> dict[str, Any]:
    title, sku, price, tax = dice.choice(_GOODS)
    return {"title": title, "sku": sku, "price": price, "tax": tax, "quantity": dice.randint(1, 3)}


def _qliro(dice: random.Random, name: str) -> list[Act]:
    units = dice.randint(1, 3)
    number = dice.randint(1, _BUYERS)
    person = {"FirstName": "Lena", "LastName": f"Ask {number}"}
    sale = {
        "reference": name,
        "items": [{"ref": "CH-MUGG", "text": "Mugg", "price": "249.00", "quantity": units}],
        "customer": {**person, "Email": f"l{number}@example.se", "JuridicalType": "Physical"},
        "billing": {**person, "Street": "Alvägen 2", "PostalCode": "753 20", "City": "Uppsala"},
    }
    acts = [Act(0, name, "create", sale), Act(0, name, "ship", {})]
    if dice.random() < 0.3:
        acts.append(Act(1, name, "return", {"units": {"CH-MUGG": 1}}))
    return acts
