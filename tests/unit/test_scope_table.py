"""Install link, app file, guide, sandbox and queries follow the one table of scopes."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from app.connections.flows.shopify import ASKED_SCOPES
from app.connections.flows.shopify_webhooks import TOPICS
from app.shops.shopify.orders.queries import optional_names, order_query
from app.shops.shopify.scope_table import scope_table, with_table
from app.shops.shopify.scopes import ACCESS, OPTIONAL_OBJECTS, SCOPES, Access, scope_of
from sandbox.shopify.graphql.access import OBJECT_OF, SCOPES_OF
from sandbox.shopify.model import DEFAULT_SCOPES
from sandbox.shopify.topics import SCOPE_OF_TOPIC

ROOT = Path(__file__).parents[2]


def test_the_app_file_names_exactly_the_scopes_of_the_table() -> None:
    # The example has an address in capitals, and is a valid file all the same.
    app = tomllib.loads((ROOT / "docs" / "shopify.app.toml.example").read_text("utf-8"))
    assert app["access_scopes"]["scopes"].split(",") == list(SCOPES)


def test_the_install_link_asks_for_them() -> None:
    assert ASKED_SCOPES == SCOPES


def test_the_sandbox_grants_no_more_than_our_documents_name() -> None:
    assert sorted(DEFAULT_SCOPES.split(",")) == sorted(SCOPES)


def test_the_guide_shows_the_table() -> None:
    guide = (ROOT / "docs" / "guides" / "merchant.md").read_text("utf-8")
    assert scope_table() in guide
    assert with_table(guide) == guide, "python -m app.shops.shopify.scope_table"


@pytest.mark.parametrize("one", ACCESS, ids=lambda one: "+".join(one.objects) or one.scopes[0])
def test_each_row_says_what_happens_without_it(one: Access) -> None:
    assert one.used_for
    assert one.without
    assert one.required or not {"order"} & set(one.objects)


def test_every_optional_object_of_the_query_is_in_the_table_and_can_be_left_out() -> None:
    assert set(optional_names()) <= OPTIONAL_OBJECTS
    bare = order_query(frozenset(optional_names()))
    assert not [name for name in optional_names() if f" {name} " in bare.replace("(", " ").replace("{", " ")]


@pytest.mark.parametrize("name", sorted(name for name in optional_names() if ("Order", name) in OBJECT_OF))
def test_our_scope_opens_the_field_by_shopifys_own_table(name: str) -> None:
    assert scope_of(name) in SCOPES_OF[OBJECT_OF["Order", name]]


def test_each_topic_we_subscribe_to_is_opened_by_a_scope_we_ask_for() -> None:
    assert {SCOPE_OF_TOPIC[topic] for topic in TOPICS} - {None} <= set(SCOPES)
