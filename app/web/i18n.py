"""Texts of the pages: English and Swedish side by side in the gettext catalogues of `locales/`, plurals included.

A page asks for a text by its key, which is the context (`msgctxt`) of its entry. English is the `msgid`, Swedish the
`msgstr`. The catalogues are read by Babel as the process starts, so that no compiled file can be missing or old
(decision 0039).
"""

from __future__ import annotations

import gettext
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from app.catalogue.entries import Language

LANGUAGES: tuple[Language, ...] = ("sv", "en")
SOURCE_LANGUAGE: Language = "en"
"""The language of the `msgid`s."""


class MissingTextError(LookupError):
    """A page asked for a text that there is not, or gave it too few values."""

    def __init__(self, language: str, key: str) -> None:
        self.language = language
        self.key = key
        super().__init__(f"no text for {key!r} in {language!r}")


class UntranslatedError(ValueError):
    """An entry of a catalogue has no key, no text in a language, or is marked as doubtful (`fuzzy`)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A text in English as the catalogues have it."""

    key: str
    singular: str
    plural: str | None = None
    """None where no number chooses the text."""


def _read(language: Language) -> Catalog:
    """The entries of all catalogues of a language as one. Raises UntranslatedError, and PoFileError."""
    folder = files("app.web").joinpath("locales", language, "LC_MESSAGES")
    whole = Catalog(locale=language)
    for file in sorted(_catalogues(folder), key=lambda file: file.name):
        with file.open("rb") as stream:
            for message in read_po(stream, locale=language, abort_invalid=True):
                if message.id:
                    _check(message)
                    whole[message.id] = message
    return whole


def _catalogues(folder: Traversable) -> Iterator[Traversable]:
    return (file for file in folder.iterdir() if file.name.endswith(".po"))


def _check(message: Message) -> None:
    """gettext answers an entry without a translation in English; here that is an error as the process starts."""
    forms = (*_forms(message.id), *_forms(message.string))
    if not message.context or message.fuzzy or not all(form and form.strip() for form in forms):
        raise UntranslatedError(f"{message.context or message.id}: a key and every text of both languages is needed")


def _forms(text: str | Iterable[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ("",))


def _translations(catalog: Catalog) -> gettext.GNUTranslations:
    """As gettext looks texts up: compiled in memory."""
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _entries(catalog: Catalog) -> dict[str, Entry]:
    """By key. Raises UntranslatedError where two entries have one key."""
    entries: dict[str, Entry] = {}
    for message in catalog:
        if not message.id:
            continue
        key = str(message.context)
        if key in entries:
            raise UntranslatedError(f"{key} has two entries")
        entries[key] = Entry(key, *_forms(message.id))
    return entries


_SWEDISH = _read("sv")
ENTRIES: Mapping[str, Entry] = _entries(_SWEDISH)
"""Every text by its key."""
_TRANSLATIONS: Mapping[Language, gettext.NullTranslations] = {
    SOURCE_LANGUAGE: gettext.NullTranslations(),  # the msgid as it is; its plural follows English's own rule
    "sv": _translations(_SWEDISH),
}


def words(language: Language, key: str, *, count: int | None = None, **values: object) -> str:
    """The text under a key, with its values filled in; `count` also chooses the singular or the plural.

    Raises MissingTextError: a page shows neither a key nor an empty place.
    """
    entry, translations = ENTRIES.get(key), _TRANSLATIONS[language]
    if entry is None or (entry.plural is not None and count is None):
        raise MissingTextError(language, key)
    if entry.plural is None or count is None:
        text = translations.pgettext(key, entry.singular)
    else:
        text = translations.npgettext(key, entry.singular, entry.plural, count)
    try:
        return text.format(**values, count=count)
    except KeyError as missing:
        raise MissingTextError(language, key) from missing


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
