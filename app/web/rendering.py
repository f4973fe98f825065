"""Renders a template into a response, with the texts, the person and the formatting that every page needs."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.catalogue import lookup
from app.catalogue.entries import Language
from app.tenants.roles import Permission, may
from app.tenants.sessions import SignedIn
from app.web import formatting
from app.web.i18n import ENTRIES, LANGUAGES, choose_language, words

LANGUAGE_COOKIE = "bokbro_language"


def _environment() -> Environment:
    # StrictUndefined: a misspelt name in a template is an error in a test, not a hole in a page.
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


_TEMPLATES = _environment()


def language_of(request: Request, person: SignedIn | None) -> Language:
    """The person's language, else the one this browser chose, else the one it accepts."""
    return choose_language(
        request.headers.get("accept-language", ""),
        person.language if person else None,
        request.cookies.get(LANGUAGE_COOKIE),
    )


def label(language: Language, group: str, value: str, **values: Any) -> str:  # noqa: ANN401 - what the text names
    """The words for a value that others name (a state, a rule); one we do not know is shown as it is."""
    key = f"{group}.{value}"
    return words(language, key, **values) if key in ENTRIES else value


def account_of(language: Language, role: str) -> str:
    """What the account of a role is for: a clearing account's provider and currency, else the role's own words."""
    if role.startswith("psp."):
        return f"{words(language, 'payouts.clearing')} {formatting.clearing_account(role)}"
    return label(language, "account_role", role.replace(".", "_"))


def render(
    request: Request, template: str, *, person: SignedIn | None = None, status: int = 200, **values: object
) -> HTMLResponse:
    """Render a page in the reader's language."""
    language = language_of(request, person)
    html = _TEMPLATES.get_template(template).render(
        request=request,
        path=request.url.path,
        person=person,
        language=language,
        languages=LANGUAGES,
        t=partial(words, language),
        label=partial(label, language),
        may=lambda permission: person is not None and may(person.role, Permission(permission)),
        entry=lookup,
        finding_text=lambda code, values: lookup(code).text(language, formatting.readable(values, language)),
        finding_remedy=lambda code, values: lookup(code).remedy(language, formatting.readable(values, language)),
        money=lambda amount: formatting.money(amount, language),
        decimal=lambda amount, places=2: formatting.decimal(amount, language, places),
        moment=lambda when: formatting.moment(when, language),
        minute=lambda when: formatting.minute(when, language),
        day=lambda when: formatting.day(when, language),
        provider=formatting.provider,
        account_of=partial(account_of, language),
        pretty_json=formatting.pretty_json,
        **values,
    )
    return HTMLResponse(html, status_code=status)
