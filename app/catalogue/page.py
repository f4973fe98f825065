"""Writes the catalogue as a page for people: `docs/error-catalogue.md`."""

from collections.abc import Iterable, Iterator

from app.catalogue.entries import Actor, Entry, RefusalRule, Repair
from app.catalogue.loading import CATALOGUE

_ACTS = {
    Actor.MERCHANT: "the merchant",
    Actor.BOOKKEEPER: "the bookkeeper",
    Actor.OPERATOR: "whoever runs Bokbro",
    Actor.NOBODY_WAIT: "nobody: it passes by itself",
}
_REPAIRS = {
    Repair.ALONE: "Bokbro mends it alone",
    Repair.WITH_CONSENT: "Bokbro can mend it when asked",
    Repair.BY_PERSON: "a person mends it",
    Repair.IN_SHOP: "mended in the shop",
}
_HEAD = """# Error catalogue

Written by `python -m app.catalogue` from `app/catalogue/findings/`; a test fails when it is not current.
A **blocker** stops its order until somebody acts; a **notice** only tells. `{words}` are filled in from the finding.
"""


def catalogue_page() -> str:
    """Give the whole page as Markdown, codes in alphabetical order."""
    return "\n".join([_HEAD, *(line for code in sorted(CATALOGUE) for line in _section(CATALOGUE[code]))])


def _section(entry: Entry) -> Iterator[str]:
    yield f"## {entry.code}\n"
    yield f"{entry.severity.value.capitalize()}. Acts: {_ACTS[entry.actor]}. Repair: {_REPAIRS[entry.repair]}.\n"
    yield f"- **Svenska:** {entry.text_sv} *{entry.remedy_sv}*"
    yield f"- **English:** {entry.text_en} *{entry.remedy_en}*"
    yield f"- **Found:** {entry.detected}"
    if entry.register.value != "none":
        yield f"- **Released by:** a refresh of `{entry.register.value}`"
    for ledger, rules in entry.refusals.items():
        yield f"- **{ledger.capitalize()} says:** {'; '.join(_said(rules))}"
    yield ""


def _said(rules: Iterable[RefusalRule]) -> Iterator[str]:
    for rule in rules:
        parts = [str(rule.number)] if rule.number else []
        parts += [f"HTTP {rule.status}"] if rule.status else []
        parts += [" or ".join(f"`{pattern.pattern}`" for pattern in rule.messages)] if rule.messages else []
        yield " with ".join(parts)
