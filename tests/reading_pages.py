"""What a browser and a person get of a page."""

from __future__ import annotations

import re
from html import unescape


def form_of(page: str) -> dict[str, str]:
    """What a browser would send if the settings were saved as they are shown."""
    form = page[page.index('action="/settings" class="stack"') : page.index("</form>", page.index('class="stack"'))]
    sent = {}
    for tag in re.findall(r"<input [^>]*>", form):
        named = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if named.get("type") != "checkbox" or " checked" in tag:
            sent[named["name"]] = unescape(named.get("value", "on"))
    for name, inner in re.findall(r'<select name="(\w+)">(.*?)</select>', form, re.DOTALL):
        sent[name] = re.findall(r'value="(\w*)" selected', inner)[0]
    for name, inner in re.findall(r'<textarea name="(\w+)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        sent[name] = unescape(inner)
    return sent


def words_of(page: str) -> str:
    """The words of a page, tags and entities taken away."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())
