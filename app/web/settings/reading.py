"""Converts stored rules to values of the form, and a form back to rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from app.schema.base import Json
from app.tenants.repository import rules_from_json, rules_to_json
from app.tenants.rules import RulesConflictError, TenantRules
from app.web.settings.fields import GROUPS, Field, Kind

ACCOUNT = "account:"
"""Prefix of the name of an account's input; the role follows."""
_LONGEST = 200_000
"""Characters that a field may have: a table of some thousand articles."""
_AMOUNT = re.compile(r"[0-9]{1,7}(\.[0-9]{1,2})?")


class FormError(ValueError):
    """What was written in some fields is no rule: field → what was wrong (`amount`, `day`, `pair`, `value`)."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(f"not understood: {', '.join(errors)}")
        self.errors = dict(errors)


def shown_values(rules: TenantRules) -> dict[str, str]:
    """Every input's value by name."""
    stored = rules_to_json(rules)
    values = {field.name: _text(field, stored[field.name]) for field in _fields() if field.kind is not Kind.ACCOUNTS}
    return values | {f"{ACCOUNT}{role}": str(number) for role, number in stored["accounts"].items()}


def read_form(rules: TenantRules, form: Mapping[str, str]) -> Json:
    """The rules in force with what the form says laid over them. Raises FormError; nothing is guessed."""
    stored, errors = rules_to_json(rules), dict[str, str]()
    for field in _fields():
        if field.kind is Kind.ACCOUNTS:
            stored[field.name] = _accounts(stored[field.name], form, errors)
            continue
        try:
            stored[field.name] = _value(field, form.get(field.name, "")[:_LONGEST])
        except ValueError as error:
            errors[field.name] = str(error)
    if not errors:
        errors = _invalid(stored)
    if errors:
        raise FormError(errors)
    return stored


def _invalid(stored: Json) -> dict[str, str]:
    try:
        rules_from_json(stored, 1)
    except ValidationError as error:
        return dict(_fault(error) for error in error.errors(include_input=False, include_url=False))
    return {}


def _fault(error: ErrorDetails) -> tuple[str, str]:
    """The field and the word for what is wrong with it: a rule that another one does not allow says so itself."""
    conflict = error.get("ctx", {}).get("error")
    if isinstance(conflict, RulesConflictError):
        return conflict.rule, conflict.why
    return str(error["loc"][0]), "value"


def _fields() -> Iterable[Field]:
    return (field for group in GROUPS.values() for field in group)


def _text(field: Field, value: Any) -> str:  # noqa: ANN401 - any JSON
    match field.kind:
        case Kind.FLAG:
            return "on" if value else ""
        case Kind.LIST:
            return ", ".join(sorted((str(item) for item in value), key=_in_order))
        case Kind.PAIRS:
            return "\n".join(f"{name} = {item}" for name, item in sorted(value.items()))
        case Kind.CHANGES:
            return "\n".join(f"{item['provider']} {item['first_day']} {item['mode']}" for item in value)
        case Kind.AMOUNT:
            return f"{Decimal(value) / 100:.2f}"
        case _:
            return "" if value is None else str(value)


def _in_order(text: str) -> tuple[int, str]:
    """Rates the highest first, words by letter."""
    return (-int(float(text) * 100), "") if text.replace(".", "", 1).isdigit() else (0, text)


def _value(field: Field, text: str) -> Any:  # noqa: ANN401 - any JSON
    """Raises ValueError with the word for what is wrong."""
    text = text.strip()
    match field.kind:
        case Kind.FLAG:
            return bool(text)
        case Kind.LIST:
            return [part.strip().replace(",", ".") for part in text.replace("\n", ",").split(",") if part.strip()]
        case Kind.PAIRS:
            return dict(_pair(line) for line in text.splitlines() if line.strip())
        case Kind.CHANGES:
            return [_change(line) for line in text.splitlines() if line.strip()]
        case Kind.NUMBER:
            return text.replace(",", ".") or None
        case Kind.AMOUNT:
            return _minor(text)
        case Kind.CHOICE if text not in field.options:
            raise ValueError("value")
        case Kind.CHOICE | Kind.DAY:
            return text or None
        case _:
            return (text or None) if field.name in ("cost_center", "project") else text


def _minor(text: str) -> int:
    """Kronor with comma or point, at most two decimals, in öre."""
    written = "".join(text.split()).replace(",", ".")
    if not _AMOUNT.fullmatch(written):
        raise ValueError("amount")
    return int(Decimal(written) * 100)


def _pair(line: str) -> tuple[str, str]:
    name, _equals, value = line.rpartition("=")
    if not (name.strip() and value.strip()):
        raise ValueError("pair")
    return name.strip(), value.strip()


def _change(line: str) -> dict[str, str]:
    words = line.split()
    if len(words) != 3:
        raise ValueError("change")
    return dict(zip(("provider", "first_day", "mode"), words, strict=True))


def _accounts(stored: Mapping[str, int], form: Mapping[str, str], errors: dict[str, str]) -> dict[str, int]:
    """The accounts with those of the form; an emptied one goes back to the default, which a role always has."""
    accounts = dict(stored)
    for name, text in form.items():
        if not name.startswith(ACCOUNT):
            continue
        role, number = name.removeprefix(ACCOUNT), text.strip()
        if not number:
            accounts.pop(role, None)
        elif number.isascii() and number.isdigit() and len(number) == 4:
            accounts[role] = int(number)
        else:
            errors[name] = "account"
    return accounts
