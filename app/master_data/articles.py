"""Which product numbers of a shop have another article number in Fortnox: looked up in both directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from app.invoicing.articles import article_number
from app.kit.db.engine import ReadSession
from app.schema import Snapshot
from app.tenants.rules import ArticleNumbers, ArticlePolicy, TenantRules

_MOST = 20_000
"""SKUs that are looked at: every one that any order ever had."""


@dataclass(frozen=True, slots=True)
class MappedArticle:
    """A SKU and the article that it is in Fortnox."""

    sku: str
    number: str
    by_hand: bool
    """From the tenant's own table; otherwise its characters or its length made it so."""


def mapped_articles(session: ReadSession, tenant_id: int, rules: TenantRules) -> Sequence[MappedArticle]:
    """Every sold SKU whose article number is not the SKU itself, by SKU."""
    if rules.article_policy is ArticlePolicy.NONE or rules.article_numbers is ArticleNumbers.STOP:
        return ()
    lines = func.jsonb_array_elements(Snapshot.order["lines"]).table_valued("value", joins_implicitly=True)
    sku = lines.c.value.op("->>")("sku")
    statement = select(sku).select_from(Snapshot, lines).where(Snapshot.tenant_id == tenant_id, sku != "")
    skus = session.scalars(statement.distinct().order_by(sku).limit(_MOST)).all()
    table = rules.article_table
    articles = (MappedArticle(str(row), article_number(str(row), table), str(row) in table) for row in skus)
    return tuple(article for article in articles if article.number != article.sku)
