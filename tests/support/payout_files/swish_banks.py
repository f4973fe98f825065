"""What several test modules share of `test_swish_banks`."""

from __future__ import annotations

START = "01;5590000001;20261112;v3\n"


def paid(
    number: str, amount: str, kind: str = "SWH", *, to: str = "1231112222", order: str = "1001", day: str = "2026-11-12"
) -> str:
    """Record 02 with its eighteen fields."""
    return (
        f"02;5590000001;123456789;HANDSESS;{to};2026-11-11;{kind};{amount};SEK;+46701740605;Anna Lind;{number};Tack;"
        f"{order};2026-11-11T13:32:22;{day};I1;E1\n"
    )
