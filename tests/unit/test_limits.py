from __future__ import annotations

import pytest

from app.web import limits
from app.web.limits import Allowance, Room, sender_of


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_what_is_spent_comes_back_with_the_minute() -> None:
    clock = Clock()
    allowance = Allowance(3, clock)
    for _one in range(3):
        assert not allowance.is_spent("192.0.2.1")
        allowance.charge("192.0.2.1")
    assert allowance.is_spent("192.0.2.1")
    assert not allowance.is_spent("192.0.2.2"), "each sender has its own"
    clock.now += 20
    assert not allowance.is_spent("192.0.2.1")


def test_memory_of_senders_is_bounded_and_the_newest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_MOST_SENDERS", 5)
    allowance = Allowance(1, Clock())
    for one in range(100):
        allowance.charge(f"192.0.2.{one}")
    assert len(allowance._left) == 5
    assert allowance.is_spent("192.0.2.99")


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("x" * 1_000, "x" * 900, True),
    ],
)
def test_network_of_an_ipv6_address_is_one_sender(one: str, other: str, *, is_same: bool) -> None:
    assert (sender_of(one) == sender_of(other)) is is_same


def test_room_is_held_by_each_and_by_all_and_given_back() -> None:
    room = Room(10, 6)
    assert (room.take("a", 6), room.take("a", 1), room.take("b", 4), room.take("c", 1)) == (True, False, True, False)
    room.give_back("a", 6)
    assert room.take("c", 6)
    room.give_back("b", 4)
    room.give_back("c", 6)
    assert room._held == {}
