"""A person of one company at the pages of the service, with the numbers of everything that another company has there.

The pages run on the real queries: each shows nothing and changes nothing of the other company.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import text

from app.model.answers import Answer
from app.schema import Base, Tenant
from tests.support.pipeline.bench import VASE, Bench
from tests.support.pipeline.payouts import line_of, payout, sek
from tests.support.pipeline.person import Person, at_the_pages

NAME = "Hemlige-Holm"
SKU = "HEMLIG?VAS"
SUMS = "12345"


@pytest.fixture
def stranger(bench: Bench) -> Iterator[Person]:
    """A merchant of a company that has nothing, while the bench's has some of everything."""
    from app.payouts.repository import store_payouts

    buyer = {"id": 66, "billing": {"first_name": NAME, "last_name": NAME}}
    booked = bench.place(lines=[VASE | {"sku": SKU, "price": "12345.00"}], buyer=buyer)
    stopped = bench.place(lines=[VASE | {"title": NAME}], buyer=buyer, payments=[{"gateway": "mystery"}])
    bench.rest()
    unknown = replace(line_of(booked), id="balance-1", keys={}, kind=line_of(booked).kind)
    open_finding = payout(replace(unknown, id="balance-2"), name="po_öppen", paid_out=sek("1.00"))
    store_payouts(bench.program.store, bench.shop_id, [payout(unknown, name="po_hemlig"), open_finding])
    bench.rest()
    assert (bench.state(booked), bench.state(stopped)) == ("booked", "stopped")
    kept = bench.program.payout_files.keep(bench.tenant_id, f"{NAME}.csv", f"a;b\n{NAME};1\n".encode(), by="x")
    assert kept is not None
    bench._store("qliro", "HEMLIG:live", "basic", {"secret": "x"})
    with bench.program.store.write() as session:
        other = Tenant(name="Främling AB")
        session.add(other)
        session.flush()
        elsewhere = replace(bench, tenant_id=other.id)
    with at_the_pages(elsewhere) as person:
        yield person


def _rows(bench: Bench) -> dict[str, str]:
    """Every table's content; of sessions and counters only what another company's person must not touch."""
    own = {"web_session", "user_account", "membership", "login_attempt", "counter"}
    with bench.program.store.read() as session:
        return {
            table.name: session.scalar(
                text(f"select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from {table.name} t")  # noqa: S608
            )
            for table in Base.metadata.sorted_tables
            if table.name not in own
        }


def _ids(bench: Bench, table: str) -> list[int]:
    with bench.program.store.read() as session:
        return list(session.scalars(text(f"select id from {table} order by id")))  # noqa: S608


LISTS = (
    "/", "/orders", "/findings", "/payouts", "/payouts/matching", "/reconciliation", "/reconciliation.csv",
    "/reconciliation.json", "/articles", "/articles.csv", "/accounts", "/settings", "/connect/qliro/orders", "/company",
    "/company/people", "/companies", "/company/readiness",
)  # fmt: skip


def test_no_list_shows_anything_of_another_company(stranger: Person) -> None:
    told = stranger.bench.findings()
    found = {}
    for page in LISTS:
        shown = stranger.http.get(stranger.base + page, follow_redirects=True)
        assert shown.status_code == 200, page
        plain = re.sub(r"[\s\xa0]|&nbsp;|&#160;", "", shown.text)
        found[page] = [word for word in (NAME, SKU, SUMS, *told) if word in plain]
    assert {page: words for page, words in found.items() if words} == {}


def test_what_belongs_to_another_company_is_as_unknown_as_what_is_not_there(stranger: Person) -> None:
    bench = stranger.bench
    files = _ids(bench, "payout_file")
    assert files
    of_orders = [f"/orders/{number}" for number in _ids(bench, "sales_order")]
    of_payouts = [f"/payouts/{number}" for number in _ids(bench, "payout")]
    assert of_orders
    assert of_payouts
    pages = [*of_orders, *of_payouts]
    pages += [f"/payouts/files/{number}" for number in files]
    found = {page: stranger.http.get(stranger.base + page).status_code for page in pages}
    assert {page: status for page, status in found.items() if status != 404} == {}


def test_button_changes_nothing_of_another_company(stranger: Person) -> None:
    bench = stranger.bench
    before = _rows(bench)
    buttons: list[tuple[str, dict[str, str]]] = []
    buttons += [(f"/orders/{order}/retry", {}) for order in _ids(bench, "sales_order")]
    for number in _ids(bench, "payout"):
        buttons += [(f"/payouts/{number}/retry", {}), (f"/payouts/{number}/hold", {})]
        buttons += [(f"/payouts/{number}/close", {"reference": "A1"}), (f"/payouts/{number}/bank", {"amount": "1,00"})]
        buttons += [(f"/payouts/{number}/lines", {"line": "balance-1", "answer": "owner_deposit", "detail": ""})]
        buttons += [(f"/payouts/{number}/lines", {"line": "balance-1", "answer": "fee", "detail": ""})]
    for finding in [one for code in set(bench.findings()) for one in bench.all_findings(code)]:
        for answer in Answer:
            said = {"finding": str(finding.id), "answer": answer.value, "number": "A1"}
            buttons += [(f"/orders/{order}/answers", said) for order in _ids(bench, "sales_order")]
    for number in _ids(bench, "finding"):
        buttons += [(f"/findings/{number}/close", {"note": "x"}), (f"/findings/{number}/setting", {})]
    buttons += [(f"/findings/{code}/retry", {"about": ""}) for code in set(bench.findings())]
    for file in _ids(bench, "payout_file"):
        buttons += [(f"/payouts/files/{file}/{act}", {}) for act in ("import", "back")]
        buttons += [(f"/payouts/files/{file}/rows", {"said": "each"})]
        buttons += [(f"/payouts/files/{file}/days", {"said": "day first"})]
    for connection in _ids(bench, "connection"):
        buttons.append(("/connect/qliro/orders", {"connection": str(connection), "owner": "provider"}))
        buttons.append(("/connect/qliro/address", {"connection": str(connection)}))
    for path, form in buttons:
        stranger.post(path, **form)
        assert _rows(bench) == before, path
