"""Texts of the pages in Swedish and English: `sv.yaml` and `en.yaml` have the same keys."""

from __future__ import annotations

import string
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import yaml

from app.catalogue.entries import Language

LANGUAGES: tuple[Language, ...] = ("sv", "en")


class MissingWordsError(LookupError):
    """A page asked for words that the language does not have."""

    def __init__(self, language: str, key: str) -> None:
        self.language = language
        self.key = key
        super().__init__(f"no words for {key!r} in {language!r}")


def _flat(node: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    words: dict[str, str] = {}
    for name, value in node.items():
        if isinstance(value, dict):
            words |= _flat(value, f"{prefix}{name}.")
        else:
            words[f"{prefix}{name}"] = str(value)
    return words


def _read(language: Language) -> dict[str, str]:
    """`sv.yaml`, and beside it what belongs to one page with many words: `settings.sv.yaml`."""
    folder = files("app.web.i18n")
    words: dict[str, str] = {}
    for name in (f"{language}.yaml", f"settings.{language}.yaml"):
        words |= _flat(yaml.safe_load((folder / name).read_text(encoding="utf-8")))
    return words


WORDS: Mapping[Language, Mapping[str, str]] = {language: _read(language) for language in LANGUAGES}
"""All words by language and dotted key."""


class _Filling(string.Formatter):
    """Fills values in; `{count:order|ordrar}` says the first for one of them, and the second for any other number."""

    def format_field(self, value: Any, format_spec: str) -> str:  # noqa: ANN401 - as the base class has it
        singular, choice, plural = format_spec.partition("|")
        if not choice:
            return str(super().format_field(value, format_spec))
        return singular if str(value) == "1" else plural


_FILLING = _Filling()


def words(language: Language, key: str, **values: object) -> str:
    """The words under a key, with `{values}` filled in. Raises MissingWordsError: a page never shows a key."""
    try:
        return _FILLING.format(WORDS[language][key], **values)
    except KeyError as missing:
        raise MissingWordsError(language, key) from missing


def choose_language(accepted: str, *preferred: str | None) -> Language:
    """The first preference that we speak, else the best of an Accept-Language header, else Swedish."""
    for language in preferred:
        if language in LANGUAGES:
            return language
    weighed: list[tuple[float, int, Language]] = []
    for position, part in enumerate(accepted[:200].split(",")):
        tag, _, quality = part.strip().partition(";")
        speaks = tag.split("-")[0].strip().lower()
        if speaks in LANGUAGES:
            weighed.append((-_weight(quality), position, speaks))
    return min(weighed)[2] if weighed else "sv"


def _weight(quality: str) -> float:
    try:
        return float(quality.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0.0
