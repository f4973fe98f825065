"""The sales account on an article that we made follows the rate that it is sold at in Sweden."""

from __future__ import annotations

from tests.support.pipeline.bench import VASE, Bench


def test_article_whose_rate_changed_gets_the_account_of_its_new_rate_once(bench: Bench) -> None:
    first = bench.place(lines=[VASE | {"tax": "12"}])
    bench.rest()
    (article,) = bench.documents("articles")
    assert article["SalesAccount"] == 3002
    bench.emulators.kit.calls.clear()
    second = bench.place(lines=[VASE | {"tax": "6"}])
    bench.rest()
    (article,) = bench.documents("articles")
    assert article["SalesAccount"] == 3003
    assert [one for one in bench.sent() if "articles" in one] == [f"PUT articles/{VASE['sku']}"]
    bench.emulators.kit.calls.clear()
    third = bench.place(lines=[VASE | {"tax": "6"}])
    bench.rest()
    assert len(bench.sent()) == 4
    assert {bench.state(one) for one in (first, second, third)} == {"booked"}


def test_article_that_somebody_else_made_is_left_alone(bench: Bench) -> None:
    bench.api(
        "POST", "articles", {"Article": {"ArticleNumber": VASE["sku"], "Description": "Vas", "SalesAccount": 3041}}
    )
    bench.place(lines=[VASE])
    bench.rest()
    (article,) = bench.documents("articles")
    assert article["SalesAccount"] == 3041
