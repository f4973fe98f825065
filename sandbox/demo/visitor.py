"""A visitor who clicks: signs in, connects Fortnox on its consent page, Shopify and Qliro by their forms."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx2


class VisitFailedError(Exception):
    """A page was not what the visitor expected; the sentence holds its address, status and text."""

    def __init__(self, answer: httpx2.Response) -> None:
        request, words = answer.request, plain_text(answer.text)[:600]
        super().__init__(f"{request.method} {request.url} answered {answer.status_code}: {words}")


def plain_text(html: str) -> str:
    """A page's words without its tags."""
    return " ".join(re.sub(r"<(style|script).*?</\1>|<[^>]*>", " ", html, flags=re.DOTALL).split())


class _Forms(HTMLParser):
    """Every form of a page: its action and its fields."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect forms, hidden and text fields, and the first choice of radio buttons and selects."""
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((found.get("action", ""), {}))
        elif self.forms and tag == "input" and found.get("name") and found.get("type") != "submit":
            is_choice = found.get("type") in ("radio", "checkbox")
            if not is_choice or "checked" in found:
                self.forms[-1][1].setdefault(found["name"], found.get("value", ""))


class Visitor:
    """A browser without a screen: cookies, forms, redirects."""

    def __init__(self, service: str) -> None:
        self.service = service
        # A browser names the origin of a form post; the service refuses one that comes from elsewhere.
        self.client = httpx2.Client(follow_redirects=True, timeout=60)

    def close(self) -> None:
        """Close the browser."""
        self.client.close()

    def sign_in(self, email: str, password: str) -> None:
        """Sign in on the sign-in page."""
        page = self._get(f"{self.service}/sign-in")
        self._submit(page, "/sign-in", {"email": email, "password": password})

    def connect_fortnox(self, company: int) -> httpx2.Response:
        """Click Connect Fortnox, choose the company on Fortnox's page, approve; returns the page that follows."""
        page = self._get(f"{self.service}/connect/fortnox")
        consent = self._submit(page, "/connect/fortnox", {})
        return self._submit(consent, "/oauth-v1/auth", {"company": str(company), "action": "approve"})

    def connect_shop(self, domain: str, client_id: str, client_secret: str) -> httpx2.Response:
        """Fill the form of Connect Shopify; returns the page that follows."""
        page = self._get(f"{self.service}/connect/shopify")
        fields = {"shop": domain, "client_id": client_id, "client_secret": client_secret}
        return self._submit(page, "/connect/shopify", fields)

    def connect_qliro(self, key: str, secret: str) -> httpx2.Response:
        """Fill the form of Connect Qliro; returns the page that follows."""
        page = self._get(f"{self.service}/connect/qliro")
        return self._submit(page, "/connect/qliro", {"environment": "live", "key": key, "secret": secret})

    def choose_qliro_orders(self) -> httpx2.Response:
        """Choose that Qliro tells of the orders paid with it, on the page of its accounts."""
        page = self._get(f"{self.service}/connect/qliro/orders")
        return self._submit(page, "/connect/qliro/orders", {"owner": "provider"})

    def push_address(self) -> str:
        """Have an address made for Qliro's pushes, and read it off the page that shows it this once."""
        page = self._get(f"{self.service}/connect/qliro/orders")
        shown = self._submit(page, "/connect/qliro/address", {})
        found = re.search(r"<code>([^<]+/hooks/qliro/[^<]+)</code>", shown.text)
        if found is None:
            raise VisitFailedError(shown)
        return found[1]

    def _get(self, url: str) -> httpx2.Response:
        return self._checked(self.client.get(url))

    def _submit(self, page: httpx2.Response, action: str, fields: dict[str, str]) -> httpx2.Response:
        parser = _Forms()
        parser.feed(page.text)
        for target, hidden in parser.forms:
            address = urljoin(str(page.url), target)
            if httpx2.URL(address).path == action:
                origin = f"{page.url.scheme}://{page.url.netloc.decode()}"
                headers = {"Origin": origin, "Sec-Fetch-Site": "same-origin"}
                return self._checked(self.client.post(address, data=hidden | fields, headers=headers))
        raise VisitFailedError(page)

    def _checked(self, answer: httpx2.Response) -> httpx2.Response:
        if answer.status_code >= 400:
            raise VisitFailedError(answer)
        return answer
