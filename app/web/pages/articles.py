"""The article numbers that Fortnox has instead of the shop's, as a page and as CSV."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.master_data.articles import mapped_articles
from app.tenants.repository import load_rules
from app.tenants.roles import Permission
from app.web.access import Person, Serving, own_tenant
from app.web.rendering import render
from app.web.spreadsheet import cell, csv_file

router = APIRouter()


@router.get("/articles")
def articles(request: Request, services: Serving, person: Person) -> Response:
    """Show every product number that became another."""
    tenant = own_tenant(person, Permission.CHANGE_RULES)
    with services.store.read() as session:
        articles = mapped_articles(session, tenant, load_rules(session, tenant))
    return render(request, "articles.html", person=person, articles=articles)


@router.get("/articles.csv")
def articles_file(services: Serving, person: Person) -> Response:
    """The same as a file, SKU and article number."""
    tenant = own_tenant(person, Permission.CHANGE_RULES)
    with services.store.read() as session:
        articles = mapped_articles(session, tenant, load_rules(session, tenant))
    rows = ((cell(article.sku), article.number) for article in articles)
    return csv_file("bokbro-artiklar.csv", [("sku", "article_number"), *rows])
