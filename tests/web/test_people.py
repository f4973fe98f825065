"""People of a company: invited by a link that holds once, in several companies each with its own role, and removed."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import select, update

from app.schema import Invitation, Membership, Tenant, UserAccount
from app.tenants.people import add_person, join, members
from app.tenants.roles import Role
from tests.web.conftest import PASSWORD, Browser, Site, text_of

NEW = {"name": "Rut Revisor", "email": "Rut@Byran.se", "password": PASSWORD}


def invited(site: Site, role: str = "bookkeeper") -> str:
    """The path of a fresh invitation."""
    page = site.merchant().submit("/company/people/invite", role=role, note="Rut").text
    found = re.search(r'value="(http[^"]+)(/invitation/[^"]+)"', page)
    assert found
    assert found[1] == site.services.settings.base_url
    return found[2]


def anybody(site: Site) -> Browser:
    return site.browser()


def post(browser: Browser, path: str, **form: str) -> httpx2.Response:
    return browser.post(path, **form)


def of_company(site: Site) -> dict[str, str]:
    with site.services.store.read() as session:
        return {member.email: member.role.value for member in members(session, site.tenant_id)}


def second_company(site: Site, email: str, role: Role) -> int:
    with site.services.store.write() as session:
        tenant = Tenant(name="Annan AB")
        session.add(tenant)
        session.flush()
        user = session.scalars(select(UserAccount.id).where(UserAccount.email == email)).one()
        join(session, user, tenant.id, role, by="test")
        return tenant.id


def test_a_stranger_makes_an_account_by_the_link_and_belongs_to_the_company(site: Site) -> None:
    path, stranger = invited(site), anybody(site)
    assert "Du är inbjuden till Björk & Bär AB" in text_of(stranger.get(path))
    assert post(stranger, f"{path}/account", **NEW).status_code == 303
    assert "Rut Revisor" in text_of(stranger.get("/"))
    assert of_company(site)["rut@byran.se"] == "bookkeeper"


def test_a_link_holds_once_and_nobody_is_told_why_it_does_not(site: Site) -> None:
    path = invited(site)
    assert post(anybody(site), f"{path}/account", **NEW).status_code == 303
    used, unknown = anybody(site).get(path), anybody(site).get("/invitation/gissad")
    assert (used.status_code, unknown.status_code) == (410, 410)
    assert text_of(used) == text_of(unknown)
    again = post(anybody(site), f"{path}/account", **{**NEW, "email": "en.till@byran.se"})
    assert (again.status_code, "en.till@byran.se" in of_company(site)) == (410, False)


def test_a_link_that_is_late_or_withdrawn_opens_nothing(site: Site) -> None:
    late, withdrawn = invited(site), invited(site)
    with site.services.store.write() as session:
        first = session.scalars(select(Invitation).order_by(Invitation.made_at)).first()
        assert first is not None
        first.expires_at = site.services.clock() - timedelta(seconds=1)
    merchant = site.merchant()
    [hashed] = re.findall(r'name="invitation" value="([^"]+)"', merchant.get("/company/people").text)
    assert merchant.submit("/company/people/withdraw", invitation=hashed).status_code == 303
    assert [anybody(site).get(path).status_code for path in (late, withdrawn)] == [410, 410]
    assert merchant.submit("/company/people/withdraw", invitation=hashed).status_code == 409


def test_somebody_with_an_account_joins_by_password_or_as_they_are_signed_in(site: Site) -> None:
    other = second_company(site, "bo@example.se", Role.MERCHANT)
    with site.services.store.write() as session:
        user = add_person(
            session, email="rut@byran.se", name="Rut", password_hash=site.services.passwords.hash(PASSWORD)
        )
        join(session, user, other, Role.BOOKKEEPER, by="test")
    wrong = post(anybody(site), f"{invited(site)}/sign-in", email="rut@byran.se", password="fel lösenord")
    assert (wrong.status_code, "rut@byran.se" in of_company(site)) == (401, False)
    browser = anybody(site)
    assert post(browser, f"{invited(site)}/sign-in", email="rut@byran.se", password=PASSWORD).status_code == 303
    assert "Björk & Bär AB" in text_of(browser.get("/")), "the company that was joined is shown"
    assert of_company(site)["rut@byran.se"] == "bookkeeper"


def test_who_is_signed_in_joins_with_a_click_and_a_link_takes_no_rights_away(site: Site) -> None:
    path, maja = invited(site, "bookkeeper"), site.merchant()
    assert maja.submit(f"{path}/join").status_code == 303
    assert of_company(site)["maja@example.se"] == "merchant"


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({**NEW, "name": " "}, "name"),
        ({**NEW, "email": "rut"}, "email"),
        ({**NEW, "password": "kort"}, "password"),
        ({**NEW, "email": "bo@example.se"}, "email"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_the_link_still_holds(
    site: Site, form: dict[str, str], field: str
) -> None:
    path, stranger = invited(site), anybody(site)
    answer = post(stranger, f"{path}/account", **form)
    assert answer.status_code in (409, 422)
    assert f'href="#{field}"' in answer.text
    assert PASSWORD not in answer.text
    assert post(stranger, f"{path}/account", **NEW).status_code == 303


def test_only_a_merchant_manages_people_and_the_last_one_stays(site: Site) -> None:
    bookkeeper = site.browser()
    assert bookkeeper.sign_in("bo@example.se").status_code == 303
    token = re.search(r'name="form_token" value="([^"]+)"', bookkeeper.get("/").text)
    assert token
    for act in ("invite", "withdraw", "remove"):
        assert bookkeeper.post(f"/company/people/{act}", form_token=token[1]).status_code == 403, act
    assert "/company/people/remove" not in bookkeeper.get("/company/people").text
    merchant, ids = site.merchant(), _ids(site)
    assert merchant.submit("/company/people/remove", user=str(ids["maja@example.se"])).status_code == 409
    assert merchant.submit("/company/people/remove", user=str(ids["bo@example.se"])).status_code == 303
    assert of_company(site) == {"maja@example.se": "merchant"}
    assert bookkeeper.get("/orders").status_code == 303, "who was removed is asked to sign in"
    assert bookkeeper.sign_in("bo@example.se").status_code == 401


def _ids(site: Site) -> dict[str, int]:
    with site.services.store.read() as session:
        return {member.email: member.user_id for member in members(session, site.tenant_id)}


def test_a_person_of_two_companies_has_in_each_the_role_they_have_there(site: Site) -> None:
    other = second_company(site, "bo@example.se", Role.MERCHANT)
    browser = site.browser()
    browser.sign_in("bo@example.se")
    assert "Annan AB" in text_of(browser.get("/company")), "the first by name"
    assert browser.get("/connect/shopify").status_code == 200
    assert browser.submit("/companies/choose", company=str(site.tenant_id)).status_code == 303
    assert "Björk & Bär AB" in text_of(browser.get("/company"))
    assert browser.get("/connect/shopify").status_code == 403, "a bookkeeper there"
    with site.services.store.read() as session:
        assert session.get_one(Membership, (_ids(site)["bo@example.se"], other)).role == "merchant"


def test_a_form_of_one_company_is_not_taken_for_another(site: Site) -> None:
    second_company(site, "maja@example.se", Role.MERCHANT)
    browser = site.merchant()
    of_first = browser.token()
    assert browser.submit("/companies/choose", company=str(site.tenant_id)).status_code == 303
    answer = browser.post("/company/people/invite", form_token=of_first, role="merchant")
    assert answer.status_code == 403
    with site.services.store.read() as session:
        assert session.scalars(select(Invitation)).all() == []


def test_a_company_of_others_cannot_be_chosen(site: Site) -> None:
    with site.services.store.write() as session:
        foreign = Tenant(name="Främling AB")
        session.add(foreign)
        session.flush()
        other = foreign.id
    browser = site.merchant()
    assert browser.submit("/companies/choose", company=str(other)).headers["location"] == "/companies"
    assert "Främling AB" not in browser.get("/companies").text
    with site.services.store.write() as session:
        session.execute(update(UserAccount).values(disabled_at=None))  # a row lock of ours must not stay


def test_the_token_of_an_invitation_is_not_stored(site: Site) -> None:
    token = invited(site).rsplit("/", 1)[1]
    with site.services.store.read() as session:
        row = session.scalars(select(Invitation)).one()
    assert token not in repr(vars(row))
