"""The watch over traffic: what it finds, what a rule covers, and that our client is held to more than a test is."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.fidelity.describing import load_description
from sandbox.fidelity.tolerances import load_tolerances
from sandbox.fidelity.watching import SeenRequest, Watch
from tests.support.fidelity.reference import FORTNOX, OPENAPI, needs

_UNIT = {"type": "object", "properties": {"Code": {"type": "string", "maxLength": 5}, "Note": {"type": "string"}}}
_ERROR = {"type": "object", "properties": {"Message": {"type": "string"}}}
DESCRIPTION: dict[str, Any] = {
    "paths": {
        "/3/units": {
            "get": {
                "parameters": [{"in": "query", "name": "filter", "schema": {"enum": ["active"]}}],
                "responses": {"default": {"content": {"*/*": {"schema": {"type": "object"}}}}},
            },
            "post": {
                "requestBody": {"content": {"*/*": {"schema": {"$ref": "#/components/schemas/Unit"}}}},
                "responses": {
                    "201": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Unit"}}}},
                    "default": {"content": {"application/json": {"schema": _ERROR}}},
                },
            },
        }
    },
    "components": {"schemas": {"Unit": _UNIT}, "parameters": {"page": {"name": "page", "in": "query"}}},
}


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(DESCRIPTION))
    return Watch(load_description(path))


def _seen(watch: Watch, sent: Any, status: int, answer: Any, agent: str = "python", **changes: Any) -> list[str]:
    scope = {
        "method": "POST",
        "raw_path": b"/3/units",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"user-agent", agent.encode())],
    }
    request = SeenRequest(scope | changes, json.dumps(sent).encode() if sent is not None else b"")
    watch.see(request, status, "application/json", json.dumps(answer).encode())
    return [line for line in watch.details() if not line.startswith("tolerated")]


def test_traffic_as_described_is_counted_and_no_more(watch: Watch) -> None:
    assert _seen(watch, {"Code": "st"}, 201, {"Code": "st"}) == []
    assert watch.summary().startswith("openapi: 2 requests and answers checked, 0 unexplained, 0 tolerated by 0 rules")
    assert watch.is_clean


@pytest.mark.parametrize(
    ("sent", "answer", "told"),
    [
        ({"code": "st"}, {}, "request POST /3/units: unknown-key /code"),
        ({"Code": 7}, {}, "request POST /3/units: type /Code"),
        ({}, {"Code": "far too long"}, "answer POST /3/units: maxLength /Code"),
        ({}, {"Colour": "blue"}, "answer POST /3/units: unknown-key /Colour"),
    ],
)
def test_what_is_not_described_is_unexplained(watch: Watch, sent: Any, answer: Any, told: str) -> None:
    assert _seen(watch, sent, 201, answer)[0].startswith(f"unexplained ×1: {told}")
    assert not watch.is_clean


def test_a_refused_request_is_held_against_the_description_only_if_our_client_sent_it(watch: Watch) -> None:
    assert _seen(watch, {"code": "st"}, 400, {"Message": "Felaktigt fältnamn"}) == []
    assert len(_seen(watch, {"code": "st"}, 400, {"Message": "Felaktigt fältnamn"}, agent="Bokbro/0.1")) == 1


def test_query_parameters_are_known_by_name_and_listed_values(watch: Watch) -> None:
    assert _seen(watch, None, 200, {}, method="GET", query_string=b"filter=active&page=2") == []
    assert watch.tolerated == {"defect-10-global-parameters": 1}

    told = _seen(watch, None, 200, {}, method="GET", query_string=b"filter=gone&colour=blue")
    assert [line.split(": ", 1)[1] for line in told] == [
        "request GET /3/units: parameter /filter is none of the values listed",
        "request GET /3/units: parameter /colour is not attached to the operation",
    ]


def test_a_call_without_a_description_is_told(watch: Watch) -> None:
    told = _seen(watch, None, 200, {}, raw_path=b"/3/rockets/7", method="PUT")
    assert told == ["without a description ×1: PUT /3/rockets/7"]


def test_every_rule_has_one_name_and_a_reason() -> None:
    table = load_tolerances()
    rules = [*table.replay, *table.description, *table.beyond]

    assert len({rule.name for rule in rules}) == len(rules)
    assert all(len(rule.reason) > 20 for rule in rules)


@needs(OPENAPI, "the official description was not read")
@pytest.mark.parametrize("name", ["openapi.json", "openapi-2026-03.json"])
def test_both_generations_of_the_official_description_can_be_read(name: str) -> None:
    description = load_description(FORTNOX / name)
    operation = description.find("POST", ["3", "invoices"])

    assert operation is not None
    assert operation.call == "POST /3/invoices"
    assert "Vat" in {one.place.rpartition("/")[2] for one in operation.check_request(b'{"Invoice": {"Vat": 25}}')}


def test_what_another_worker_saw_is_added_with_its_words(watch: Watch, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text(json.dumps(DESCRIPTION))
    other = Watch(load_description(tmp_path / "other.json"))
    _seen(watch, {"code": "st"}, 201, {})
    _seen(other, {"code": "st"}, 201, {})
    _seen(other, None, 200, {}, raw_path=b"/3/rockets/7", method="PUT")

    watch.take_over(json.loads(json.dumps(other.tally())))

    assert watch.checked == 4
    assert [line.split(": ")[0] for line in watch.details()] == ["unexplained ×2", "without a description ×1"]
