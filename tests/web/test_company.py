"""The company's page without a browser's help: what a form may not leave out, and who may do what."""

from __future__ import annotations

import pytest

from app.schema import CompanyState, Tenant
from tests.web.conftest import Browser, Site, text_of


@pytest.fixture
def trial(site: Site) -> Site:
    put(site, CompanyState.TRIAL)
    return site


def put(site: Site, state: CompanyState) -> None:
    with site.services.store.write() as session:
        session.get_one(Tenant, site.tenant_id).state = state.value


def state(site: Site) -> str:
    with site.services.store.read() as session:
        return session.get_one(Tenant, site.tenant_id).state


def signed_in(site: Site, email: str) -> Browser:
    browser = site.browser()
    assert browser.sign_in(email).status_code == 303
    return browser


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"start_day": "2026-12-01"}, "sure"),
        ({"start_day": "", "sure": "yes"}, "start_day"),
        ({"start_day": "1 december", "sure": "yes"}, "start_day"),
        ({"start_day": "2026-02-30", "sure": "yes"}, "start_day"),
    ],
)
def test_going_live_needs_a_day_and_a_word(trial: Site, form: dict[str, str], field: str) -> None:
    answer = trial.merchant().submit("/company/live", **form)
    assert (answer.status_code, state(trial)) == (422, "trial")
    assert f'href="#{field}"' in answer.text
    assert f'value="{form["start_day"]}"' in answer.text, "what was typed is kept"


def test_a_state_that_somebody_else_changed_is_said_and_nothing_changes(trial: Site) -> None:
    browser = trial.merchant()
    put(trial, CompanyState.PAUSED)
    answer = browser.submit("/company/live", start_day="2026-12-01", sure="yes")
    assert (answer.status_code, state(trial)) == (409, "paused")
    assert "Bolaget är pausat" in text_of(answer)


def test_an_operator_decides_nothing_and_sees_no_company_of_his_own(trial: Site) -> None:
    operator = signed_in(trial, "olga@example.se")
    token = operator.get("/").text.split('name="form_token" value="')[1].split('"')[0]
    for act in ("trial", "live", "pause", "resume"):
        assert operator.post(f"/company/{act}", form_token=token).status_code == 403, act
    assert operator.get("/company").status_code == 303
    assert state(trial) == "trial"


@pytest.mark.parametrize("path", ["/", "/orders", "/payouts", "/findings", "/settings", "/reconciliation", "/company"])
@pytest.mark.parametrize("company_state", CompanyState)
def test_every_page_says_that_nothing_is_written(site: Site, company_state: CompanyState, path: str) -> None:
    put(site, company_state)
    page = site.merchant().get(path).text
    assert ('class="company-state' in page) == (company_state is not CompanyState.LIVE)
