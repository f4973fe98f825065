"""The table of scopes as the merchant's guide shows it: `python -m app.shops.shopify.scope_table` writes it there."""

from __future__ import annotations

from pathlib import Path

from app.shops.shopify.scopes import ACCESS, Access

BEGIN, END = "<!-- behörigheter -->", "<!-- /behörigheter -->"
GUIDE = Path("docs/guides/merchant.md")


def scope_table() -> str:
    """The table in Markdown, Swedish."""
    rows = [f"| {_scopes(area)} | {area.used_for} | {area.without} |" for area in ACCESS]
    return "\n".join(["| Behörighet | Läses för | Utan den |", "|---|---|---|", *rows])


def with_table(guide: str) -> str:
    """A guide with the table between its marks."""
    before, _, rest = guide.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{scope_table()}\n{END}{after}"


def _scopes(access: Access) -> str:
    if not access.scopes:
        return "skyddade kunduppgifter (namn, adress, e-post)"
    first = f"`{access.scopes[0]}`"
    others = f" (eller {', '.join(f'`{scope}`' for scope in access.scopes[1:])})" if access.scopes[1:] else ""
    return f"{first}{others}{' **krävs**' if access.required else ''}"


if __name__ == "__main__":
    GUIDE.write_text(with_table(GUIDE.read_text("utf-8")), encoding="utf-8")
