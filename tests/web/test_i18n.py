from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from app.catalogue import Actor, Severity
from app.catalogue.entries import Language
from app.domain.steps import Step
from app.security.roles import Role
from app.store.tables import LaneState, OperationState
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
    ("group", "values"), [("state", LaneState), ("operation", OperationState), ("role", Role), ("actor", Actor)]
)
def test_every_value_that_a_page_may_show_has_words(group: str, values: type[LaneState]) -> None:
    for value in values:
        assert f"{group}.{value.value}" in WORDS["sv"]


def test_every_step_has_words() -> None:
    assert {f"step.{step.__name__}" for step in get_args(Step)} <= WORDS["sv"].keys()


def test_every_severity_has_words() -> None:
    assert {f"findings.{severity.value}" for severity in Severity} <= WORDS["sv"].keys()


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
