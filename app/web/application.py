"""Puts the web application together: pages, static files, error pages and the edge around them."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from app.settings import Settings
from app.web import pages
from app.web.edge import Edge, security_headers
from app.web.pages import (
    accounts,
    answers,
    articles,
    company,
    findings,
    health,
    home,
    line_answers,
    match_check,
    orders,
    payout_files,
    payouts,
    people,
    reconciliation,
    settings,
    sign_in,
)
from app.web.problems import error_page, install_error_pages
from app.web.services import Services


def create_app(services: Services) -> FastAPI:
    """Build the application. Routers of others (webhooks) are added by the caller with `include_router`."""
    chosen = services.settings
    app = FastAPI(title="Bokbro", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.services = services
    for page in all_pages():
        app.include_router(page.router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    install_error_pages(app)
    secure = chosen.base_url.startswith("https://")
    base = urlsplit(chosen.base_url)
    app.add_middleware(
        Edge,
        headers=security_headers(form_targets(connect_pages(), chosen), secure=secure),
        origin=f"{base.scheme}://{base.netloc}",
        page=error_page,
        outages=services.store.outages,
    )
    return app


def all_pages() -> list[ModuleType]:
    """Every page of ours."""
    of_payouts = (match_check, payouts, line_answers, reconciliation, payout_files)
    own = (sign_in, home, company, people, orders, answers, *of_payouts, findings, settings, accounts, articles)
    return [*own, *connect_pages(), health]


def connect_pages() -> list[ModuleType]:
    """The pages on which a platform is connected: every module of `app.web.pages` that is called `connect_…`."""
    names = sorted(module.name for module in iter_modules(pages.__path__) if module.name.startswith("connect_"))
    return [import_module(f"{pages.__name__}.{name}") for name in names]


def form_targets(connecting: Iterable[ModuleType], settings: Settings) -> list[str]:
    """The hosts that a form post of ours may be redirected to: platforms' consent pages, and the sign-in behind them.

    Chromium applies `form-action` to every hop after a form post.
    """
    return [target for page in connecting for target in getattr(page, "form_targets", _none)(settings)]


def _none(_settings: Settings) -> list[str]:
    return []
