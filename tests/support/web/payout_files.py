"""What several test modules share of `test_payout_files`."""

from __future__ import annotations

from app.model.platforms import PlatformKind
from app.schema import Connection, StoredPayout
from tests.web.conftest import Browser, Site

TEXT = (
    "Datum;Typ;Order;Belopp;Avgift;Utbetalning\n2026-11-20;köp;#1;499,00;12,00;K-1\n2026-11-20;köp;#2;100,50;0,00;K-2\n"
)


def answers(columns: dict[str, str], words: dict[str, dict[str, str]] | None = None, **values: str) -> dict[str, str]:
    """What a browser sends for a map: a role for each column, a meaning for each word, and the other values."""
    form = dict(values)
    for place, (column, role) in enumerate(columns.items(), 1):
        form |= {f"column:{place}": column, f"role:{place}": role}
        for number, (word, meaning) in enumerate((words or {}).get(column, {}).items(), 1):
            form |= {f"word:{place}:{number}": word, f"meaning:{place}:{number}": meaning}
    return form


COLUMNS = {
    "Datum": "day", "Typ": "kind", "Order": "key_order_name", "Belopp": "amount", "Avgift": "fee",
    "Utbetalning": "payout_id",
}  # fmt: skip


ANSWERS = answers(
    COLUMNS, {"Typ": {"köp": "charge"}}, name="Klarna månad", provider="klarna", kinds="retur = refund",
    default_currency="SEK",
)  # fmt: skip


def hand_in(browser: Browser, text: str = TEXT) -> str:
    """The address of the file's page."""
    token = browser.token()
    answer = browser.http.post(
        f"{browser.base}/payouts/files", data={"form_token": token},
        files={"file": ("klarna.csv", text.encode(), "text/csv")}, headers={"Origin": browser.base},
    )  # fmt: skip
    return answer.headers["location"]


def connected(site: Site) -> None:
    with site.services.store.write() as session:
        if session.query(Connection).filter_by(platform="fortnox").count():
            return
        session.add(
            Connection(
                tenant_id=site.tenant_id, platform="fortnox", kind=PlatformKind.LEDGER,
                account="12345", display_name="B", state="active",
                grant="refresh_token", scopes=[], encrypted=b"",
            )
        )  # fmt: skip


def payout_with_a_lost_line(site: Site) -> str:
    """The address of a payout's page that asks what its one line is."""
    connected(site)
    browser = site.merchant()
    address = hand_in(browser)
    browser.submit(f"{address}/map", **ANSWERS)
    browser.submit(f"{address}/import")
    with site.services.store.read() as session:
        return f"/payouts/{session.query(StoredPayout).filter_by(number='K-1').one().id}"
