"""Puts the web application together: pages, static files, error pages and the edge around them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from app.web.edge import Edge, form_targets, security_headers
from app.web.pages import (
    accounts,
    answers,
    articles,
    connect_fortnox,
    connect_qliro,
    connect_shopify,
    findings,
    health,
    home,
    line_answers,
    match_check,
    orders,
    payout_files,
    payouts,
    qliro_orders,
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
    of_payouts = (match_check, payouts, line_answers, reconciliation, payout_files)
    own = (sign_in, home, orders, answers, *of_payouts, findings, settings, accounts, articles)
    for page in (*own, connect_fortnox, connect_shopify, connect_qliro, qliro_orders, health):
        app.include_router(page.router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    install_error_pages(app)
    secure = chosen.base_url.startswith("https://")
    base = urlsplit(chosen.base_url)
    app.add_middleware(
        Edge,
        headers=security_headers(form_targets(chosen.fortnox_auth_url, chosen.shopify_url_template), secure=secure),
        origin=f"{base.scheme}://{base.netloc}",
        page=error_page,
        outages=services.store.outages,
    )
    return app
