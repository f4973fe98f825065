"""Reads `findings/*.yaml` once, at import, and refuses to start on anything incomplete.

A broken catalogue is a fault of a release, so it must stop the release and not the order that first meets it.
"""

import re
from collections.abc import Iterable, Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml

from app.catalogue.entries import (
    PLACEHOLDER,
    Actor,
    Entry,
    MasterDataKind,
    RefusalRule,
    Repair,
    Severity,
    UnknownCodeError,
    Words,
)

_FIELDS = frozenset({"code", "actor", "severity", "repair", "register", "detected", "sv", "en"})
"""Every other field is a ledger's name, with a list of rules."""
_RULE_FIELDS = frozenset({"code", "messages", "status"})
_CODE = re.compile(r"[A-Z][A-Z0-9_]*")


class BrokenCatalogueError(ValueError):
    """An entry lacks something, says something twice, or its two languages disagree."""

    def __init__(self, code: str, fault: str) -> None:
        self.code = code
        self.fault = fault
        super().__init__(f"catalogue entry {code}: {fault}")


def parse(records: Iterable[object]) -> dict[str, Entry]:
    """Turn the data of the YAML files into entries by code. Raises BrokenCatalogueError on the first fault."""
    entries: dict[str, Entry] = {}
    for record in records:
        if not isinstance(record, dict):
            raise BrokenCatalogueError("?", f"is not a mapping: {record!r}")
        entry = _entry(record)
        if entry.code in entries:
            raise BrokenCatalogueError(entry.code, "stands twice")
        entries[entry.code] = entry
    return entries


def lookup(code: str) -> Entry:
    """Give the entry of a code. Raises UnknownCodeError: codes are ours, so an unknown one is a programming fault."""
    try:
        return CATALOGUE[code]
    except KeyError:
        raise UnknownCodeError(code) from None


def _entry(record: dict[str, Any]) -> Entry:
    code = str(record.get("code", "?"))
    if not _CODE.fullmatch(code):
        raise BrokenCatalogueError(code, "the code must be upper case letters, digits and underscores")
    ledgers = {name: rules for name, rules in record.items() if name not in _FIELDS and isinstance(rules, list)}
    if unknown := record.keys() - _FIELDS - ledgers.keys():
        raise BrokenCatalogueError(code, f"unknown fields {sorted(unknown)}")
    text_sv, text_en = (_sentence(code, record, language, "text") for language in ("sv", "en"))
    remedy_sv, remedy_en = (_sentence(code, record, language, "remedy") for language in ("sv", "en"))
    _same_placeholders(code, text_sv, text_en)
    _same_placeholders(code, remedy_sv, remedy_en)
    detected = record.get("detected")
    if not isinstance(detected, str) or not detected.strip():
        raise BrokenCatalogueError(code, "does not say how it is detected")
    try:
        return Entry(
            code=code,
            actor=Actor(record["actor"]),
            severity=Severity(record["severity"]),
            repair=Repair(record["repair"]),
            register=MasterDataKind(record["register"]),
            detected=detected.strip(),
            text_sv=text_sv,
            text_en=text_en,
            remedy_sv=remedy_sv,
            remedy_en=remedy_en,
            words_sv=_words(code, record, "sv"),
            words_en=_words(code, record, "en"),
            refusals={name: tuple(_rule(code, rule) for rule in rules) for name, rules in ledgers.items()},
        )
    except KeyError as fault:
        raise BrokenCatalogueError(code, f"lacks {fault}") from fault
    except ValueError as fault:
        if isinstance(fault, BrokenCatalogueError):
            raise
        raise BrokenCatalogueError(code, str(fault)) from fault


def _sentence(code: str, record: Mapping[str, Any], language: str, part: str) -> str:
    spoken = record.get(language)
    words = spoken.get(part) if isinstance(spoken, dict) else None
    if not isinstance(words, str) or not words.strip():
        raise BrokenCatalogueError(code, f"lacks {language}.{part}")
    if "{" in PLACEHOLDER.sub("", words) or "}" in PLACEHOLDER.sub("", words):
        raise BrokenCatalogueError(code, f"{language}.{part} holds a brace that is no {{placeholder}}")
    return words.strip()


def _words(code: str, record: Mapping[str, Any], language: str) -> Words:
    words: Words = record[language].get("words", {})
    translated: Words = record["en" if language == "sv" else "sv"].get("words", {})
    if {name: set(values) for name, values in words.items()} != {
        name: set(values) for name, values in translated.items()
    }:
        raise BrokenCatalogueError(code, "the words of the two languages are of different values")
    return words


def _same_placeholders(code: str, swedish: str, english: str) -> None:
    if set(PLACEHOLDER.findall(swedish)) != set(PLACEHOLDER.findall(english)):
        raise BrokenCatalogueError(code, "the placeholders of the two languages differ")


def _rule(code: str, rule: object) -> RefusalRule:
    if not isinstance(rule, dict) or not rule or rule.keys() - _RULE_FIELDS:
        raise BrokenCatalogueError(code, f"a rule for a refusal has {sorted(_RULE_FIELDS)} and nothing else: {rule!r}")
    try:
        patterns = tuple(re.compile(message, re.IGNORECASE) for message in rule.get("messages", ()))
    except re.error as fault:
        raise BrokenCatalogueError(code, f"a message is no regular expression: {fault}") from fault
    return RefusalRule(number=rule.get("code"), messages=patterns, status=rule.get("status"))


def _read() -> dict[str, Entry]:
    folder = files("app.catalogue") / "findings"
    pages = sorted((page for page in folder.iterdir() if page.name.endswith(".yaml")), key=lambda page: page.name)
    return parse(record for page in pages for record in yaml.safe_load(page.read_text(encoding="utf-8")))


_ENTRIES = _read()
CATALOGUE: Mapping[str, Entry] = MappingProxyType(_ENTRIES)
"""Every entry by its code."""


def declare(records: Iterable[object]) -> None:
    """Add the entries that a platform beside Bokbro's own brings along, in the form of `findings/*.yaml`.

    Called by the composition root alone. The same entries twice change nothing. Raises BrokenCatalogueError for a code
    that stands already with other words.
    """
    declared = parse(records)
    for code, entry in declared.items():
        if _ENTRIES.setdefault(code, entry) != entry:
            raise BrokenCatalogueError(code, "stands already")
