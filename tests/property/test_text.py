"""Whatever a shop writes, Fortnox gets only characters and lengths that it takes."""

import re
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from app.ledgers.fortnox.text import clean

# Fortnox's own class (fortnox-api.md 2.3), its \p{L} asked of the Unicode database.
SIGNS = re.compile("[’\\\\\u0308\u030a0-9 –:.`´’,;^¤#%§£$€¢¥©™°&/()=+\\-*_!?²³®½@\u00a0\n\r]")
ANYTHING = st.one_of(st.text(max_size=60), st.text("aÅ\u030a\u0308\u200d'\"[]<>😀①…~| \n.", max_size=40))


def is_taken(char: str) -> bool:
    return unicodedata.category(char).startswith("L") or SIGNS.fullmatch(char) is not None


@given(ANYTHING, st.integers(min_value=4, max_value=60))
def test_only_what_fortnox_takes_leaves(text: str, limit: int) -> None:
    cleaned = clean(text, limit)
    assert len(cleaned) <= limit
    assert [char for char in cleaned if not is_taken(char)] == []


@given(ANYTHING, st.integers(min_value=4, max_value=60))
@example("a\u200d\u0308", 60)
def test_cleaning_twice_changes_nothing_more(text: str, limit: int) -> None:
    cleaned = clean(text, limit)
    assert clean(cleaned, limit) == cleaned


@given(st.text("abcåäöÅÄÖ0123456789 ,.-", max_size=50))
def test_plain_swedish_stays_as_it_is_but_for_stray_spaces(text: str) -> None:
    assert clean(text, 60) == re.sub(r" +", " ", text).strip()
