from __future__ import annotations

import gettext
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from app.catalogue import CATALOGUE
from app.catalogue.entries import Language
from app.web import i18n
from app.web.i18n import ENTRIES, LANGUAGES, MissingTextError, UntranslatedError, choose_language, words
from tests.support.golden.files import check
from tests.support.web.text_keys import ANY, LITERALS, VALUES, asked, used

APP = Path(__file__).parents[2] / "app"
CATALOGUES = sorted((APP / "web" / "locales").rglob("*.po"))
SETTINGS = ("settings.", "settings_", "account_role.")


def messages() -> Iterator[Message]:
    """Every entry of every catalogue."""
    for file in CATALOGUES:
        with file.open("rb") as stream:
            yield from (message for message in read_po(stream, abort_invalid=True) if message.id)


def forms(text: str | Iterable[str] | None) -> list[str]:
    return [text] if isinstance(text, str) else list(text or ())


def places(text: str) -> set[str]:
    return {name for _before, name, _spec, _conversion in Formatter().parse(text) if name is not None}


# --- every text is there, once, in both languages


def test_no_page_asks_for_a_text_that_is_missing() -> None:
    assert used() <= ENTRIES.keys(), used() - ENTRIES.keys()


def test_no_text_is_unused() -> None:
    assert ENTRIES.keys() <= used(), ENTRIES.keys() - used()


def test_every_computed_key_of_a_template_has_its_values() -> None:
    assert {key for key in asked() if ANY in key} == VALUES.keys()


def test_values_without_a_type_stand_in_the_code() -> None:
    code = "\n".join(file.read_text("utf-8") for file in APP.rglob("*.py"))
    missing = {
        f"{group}: {value}" for group, values in LITERALS.items() for value in values if f'"{value}"' not in code
    }
    assert missing == set()


def test_no_key_has_two_entries() -> None:
    keys = [line for file in CATALOGUES for line in file.read_text("utf-8").splitlines() if line.startswith("msgctxt")]
    assert len(keys) == len(set(keys)) == len(ENTRIES)


def test_texts_of_the_settings_page_lie_in_its_own_catalogue() -> None:
    for file in CATALOGUES:
        keys = re.findall(r'^msgctxt "(.*)"$', file.read_text("utf-8"), re.MULTILINE)
        assert {key.startswith(SETTINGS) for key in keys} == {file.stem == "settings"}


def test_every_form_of_a_text_has_the_same_places() -> None:
    for message in messages():
        assert len({frozenset(places(form)) for form in (*forms(message.id), *forms(message.string))}) == 1, message


def test_texts_with_places_are_marked_so_that_translators_tools_check_them() -> None:
    for file in CATALOGUES:
        for entry in file.read_text("utf-8").split("\n\n")[1:]:
            assert ("{" in entry) == entry.startswith("#, python-brace-format\n"), entry


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ('msgctxt "a.b"\nmsgid "Day"\nmsgstr ""', "a.b"),
        ('#, fuzzy\nmsgctxt "a.b"\nmsgid "Day"\nmsgstr "Dag"', "a.b"),
        ('msgid "Day"\nmsgstr "Dag"', "Day"),
        (
            'msgctxt "a.b"\nmsgid "1 day"\nmsgid_plural "{count} days"\nmsgstr[0] "1 dag"\nmsgstr[1] ""',
            "a.b",
        ),
    ],
)
def test_entry_that_lacks_something_stops_the_start(
    entry: str, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "locales" / "sv" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "pages.po").write_text(f"{entry}\n", encoding="utf-8")
    monkeypatch.setattr(i18n, "files", lambda _package: tmp_path)
    with pytest.raises(UntranslatedError, match=fault):
        i18n._read("sv")


# --- singular and plural

COUNTS = "count|lines|orders|rows|new|matched|compared|woken|read|total|hours|limit|seconds|days|shown"
# Words of the pages behind a number that need no plural: of a pair of numbers, and where the word is no noun.
SAME_FOR_ONE = {"av", "klara", "st", "of", "done"}
# Words of the catalogue behind a number that is never one.
NEVER_ONE = {
    "celler": "a row without cells is none, and a file of one column is no table", "cells": "the same",
    "filer": "one file in a zip is opened", "files": "the same",
    "gånger": "a limit of ours", "times": "the same", "kolumner": "the same", "columns": "the same",
    "rader": "limits of ours, and rows beyond a limit of Fortnox", "rows": "the same", "läses": "a limit with its unit",
    "is": "the same", "tecken": "the same for one", "characters": "a limit of ours",
    "sekunder": "a limit of ours", "seconds": "the same",
    "timmar": "told after six", "hours": "the same", "ordrarna": "told after three", "orders": "the same",
}  # fmt: skip


def behind_numbers(text: str) -> set[str]:
    return set(re.findall(rf"\{{(?:{COUNTS})\}} ([^\W\d_]+)", text))


def test_every_number_before_a_noun_chooses_its_text() -> None:
    for message in messages():
        if not message.pluralizable:
            for text in (message.id, message.string):
                assert behind_numbers(str(text)) <= SAME_FOR_ONE, message.context


def test_catalogue_of_findings_says_no_1_orders() -> None:
    for entry in CATALOGUE.values():
        for text in (entry.text_sv, entry.remedy_sv, entry.text_en, entry.remedy_en):
            assert behind_numbers(text) <= NEVER_ONE.keys(), entry.code


def test_every_plural_names_its_number_and_says_something_else_for_one_in_some_language() -> None:
    counted = [message for message in messages() if message.pluralizable]
    assert len(counted) > 20
    for message in counted:
        assert all("count" in places(form) for form in (*forms(message.id), *forms(message.string))), message
        assert len(set(forms(message.id))) == 2 or len(set(forms(message.string))) == 2, message


def test_every_counted_text_for_0_1_2_and_5() -> None:
    """Read them aloud: the golden file is what a person checks."""
    lines = []
    for key, entry in sorted(ENTRIES.items()):
        if entry.plural is not None:
            others = {name: f"‹{name}›" for name in places(entry.singular) - {"count"}}
            lines += [f"{key}\n"]
            lines += [f"  {words(language, key, count=n, **others)}\n" for language in LANGUAGES for n in (0, 1, 2, 5)]
    check("pages/counted-texts.txt", "".join(lines))


@pytest.mark.parametrize("language", LANGUAGES)
def test_zero_is_said_as_many(language: Language) -> None:
    assert words(language, "orders.count", count=0) == {"sv": "0 ordrar", "en": "0 orders"}[language]


def test_catalogue_states_the_rule_of_its_language() -> None:
    """gettext reads the rule from the file; Babel knows which one it must be."""
    for file in CATALOGUES:
        stated = re.search(r"Plural-Forms: nplurals=2; plural=(.*);\\n", file.read_text("utf-8"))
        assert stated
        known = Catalog(locale=file.parts[-3]).plural_expr
        assert [gettext.c2py(stated[1])(n) for n in range(200)] == [gettext.c2py(known)(n) for n in range(200)]


# --- asking


def test_missing_text_is_loud() -> None:
    with pytest.raises(MissingTextError, match=r"home\.nonsense"):
        words("sv", "home.nonsense")
    with pytest.raises(MissingTextError, match=r"orders\.count"):
        words("sv", "orders.count")
    with pytest.raises(MissingTextError, match=r"order\.title"):
        words("en", "order.title")


@pytest.mark.parametrize(
    ("accepted", "preferred", "chosen"),
    [
        ("", None, "sv"),
        ("en", None, "en"),
        ("de,en;q=0.5", None, "en"),
        ("sv;q=0.3,en-GB;q=0.9", None, "en"),
        ("sv-SE,en;q=0.9", None, "sv"),
        ("de", None, "sv"),
        ("en;q=x,sv;q=0.1", None, "sv"),
        ("en", "sv", "sv"),
        ("en", "", "en"),
        ("*;q=0.1,,;;", "fr", "sv"),
    ],
)
def test_language_is_the_persons_then_the_browsers(accepted: str, preferred: str | None, chosen: Language) -> None:
    assert choose_language(accepted, preferred) == chosen
