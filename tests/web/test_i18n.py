from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from app.catalogue import CATALOGUE, Actor, Severity
from app.catalogue.entries import Language
from app.posting.steps import Step
from app.schema import JobState, OperationState
from app.tenants.roles import Role
from app.web.i18n import WORDS, MissingWordsError, choose_language, words

TEMPLATES = Path(__file__).parents[2] / "app" / "web" / "templates"


def test_both_languages_have_the_same_keys_and_places() -> None:
    swedish, english = WORDS["sv"], WORDS["en"]
    assert swedish.keys() == english.keys()
    for key in swedish:
        assert set(re.findall(r"{\w+}", swedish[key])) == set(re.findall(r"{\w+}", english[key])), key
        assert swedish[key].strip()
        assert english[key].strip()


def test_every_key_that_a_template_names_exists() -> None:
    named = set()
    for template in TEMPLATES.glob("*.html"):
        named |= set(re.findall(r'\bt\("([a-z_.]+[a-z])"[,)\s]', template.read_text(encoding="utf-8")))
        named |= set(re.findall(r"\bt\('([a-z_.]+[a-z])'[,)\s]", template.read_text(encoding="utf-8")))
    assert len(named) > 80
    assert named <= WORDS["sv"].keys(), named - WORDS["sv"].keys()


@pytest.mark.parametrize(
    ("group", "values"), [("state", JobState), ("operation", OperationState), ("role", Role), ("actor", Actor)]
)
def test_every_value_that_a_page_may_show_has_words(group: str, values: type[JobState]) -> None:
    for value in values:
        assert f"{group}.{value.value}" in WORDS["sv"]


def test_every_step_has_words() -> None:
    assert {f"step.{step.__name__}" for step in get_args(Step)} <= WORDS["sv"].keys()


def test_every_severity_has_words() -> None:
    assert {f"findings.{severity.value}" for severity in Severity} <= WORDS["sv"].keys()


# Values that are numbers of things. `days` is none: it is a setting of ours, far above one.
COUNTS = "count|lines|orders|rows|new|matched|compared|woken|read|total|hours|limit|seconds"
# Words behind a number that are the same for one and for many.
SAME_FOR_ONE = {
    "av", "klara", "kunde", "st", "verifikat", "väntar",
    "of", "could", "done", "more", "new", "stopped",
}  # fmt: skip
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


def test_no_text_says_1_orders() -> None:
    """A word behind a number is chosen by it (`{count:order|ordrar}`), or is one of those that need not be."""
    for language in WORDS:
        for key, text in WORDS[language].items():
            assert behind_numbers(text) <= SAME_FOR_ONE, key
    for entry in CATALOGUE.values():
        for text in (entry.text_sv, entry.remedy_sv, entry.text_en, entry.remedy_en):
            assert behind_numbers(text) <= NEVER_ONE.keys(), entry.code


@pytest.mark.parametrize(("count", "said"), [(0, "0 ordrar"), (1, "1 order"), (2, "2 ordrar"), (11, "11 ordrar")])
def test_word_behind_a_number_is_chosen_by_it(count: int, said: str) -> None:
    assert words("sv", "orders.count", count=count) == said


def test_every_choice_by_a_number_has_two_words() -> None:
    choices = [one for texts in WORDS.values() for text in texts.values() for one in re.findall(r"{\w+:([^}]*)}", text)]
    assert len(choices) > 30
    assert all(len(set(choice.split("|"))) == 2 for choice in choices)


def test_missing_key_is_loud() -> None:
    with pytest.raises(MissingWordsError, match=r"home\.nonsense"):
        words("sv", "home.nonsense")
    with pytest.raises(MissingWordsError):
        words("sv", "orders.count")


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
