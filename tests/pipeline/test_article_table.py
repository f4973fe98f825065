"""A merchant sees which product numbers have another name in Fortnox, in both directions."""

from __future__ import annotations

from app.invoicing.articles import sku_of
from app.master_data.articles import MappedArticle, mapped_articles
from app.tenants.repository import load_rules
from tests.support.pipeline.bench import VASE, Bench


def shown(bench: Bench) -> tuple[MappedArticle, ...]:
    with bench.program.store.read() as session:
        return tuple(mapped_articles(session, bench.tenant_id, load_rules(session, bench.tenant_id)))


def test_numbers_that_fortnox_does_not_take_are_listed_once_and_lead_back(bench: Bench) -> None:
    lines = [VASE, VASE | {"sku": "Mugg å", "title": "Mugg"}, VASE | {"sku": "SET 1", "title": "Set"}]
    for _order in range(2):
        bench.place(lines=lines)
    bench.rest()
    found = shown(bench)
    assert [article.sku for article in found] == ["Mugg å", "SET 1"]
    assert [sku_of(one.number, {}) for one in found] == ["Mugg å", "SET 1"]
    assert {one.number for one in found} <= {document["ArticleNumber"] for document in bench.documents("articles")}


def test_own_table_is_told_apart_and_no_mapping_lists_nothing(bench: Bench) -> None:
    bench.rules(article_table={"GF-VAS-01": "VAS1"})
    bench.place()
    bench.rest()
    assert shown(bench) == (MappedArticle("GF-VAS-01", "VAS1", by_hand=True),)
    bench.rules(article_policy="none")
    assert shown(bench) == ()
