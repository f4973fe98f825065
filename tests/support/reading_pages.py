"""What a browser and a person get of a page."""

from __future__ import annotations

import re
from html import unescape


def form_of(page: str) -> dict[str, str]:
    """What a browser would send if the settings were saved as they are shown."""
    return _sent(_form_at(page, 'action="/settings" class="stack"'))


def map_form_of(page: str) -> dict[str, str]:
    """What a browser would send if the columns of a file were named as they are shown."""
    return _sent(_form_at(page, 'class="stack" id="map"'))


def _form_at(page: str, mark: str) -> str:
    start = page.index(mark)
    return page[start : page.index("</form>", start)]


def _sent(form: str) -> dict[str, str]:
    sent = {}
    for tag in re.findall(r"<input [^>]*>", form):
        named = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if named.get("type") != "checkbox" or " checked" in tag:
            sent[named["name"]] = unescape(named.get("value", "on"))
    for name, inner in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        options = re.findall(r'value="([^"]*)"( selected)?', inner)
        sent[name] = next((value for value, chosen in options if chosen), options[0][0])
    for name, inner in re.findall(r'<textarea name="(\w+)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        sent[name] = unescape(inner)
    return sent


def words_of(page: str) -> str:
    """The words of a page, tags and entities taken away."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())
