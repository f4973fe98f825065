"""Preview: what would stand in the books for a pasted order, by the same functions that book. Nothing is sent."""

from __future__ import annotations

import json
from typing import Any

from app.domain.commerce import Order
from app.domain.explain import explain
from app.domain.findings import Finding
from app.domain.plan import Stopped
from app.domain.plan_order import decide
from app.domain.rules import TenantRules
from app.sources.base import BodyNotUnderstoodError
from app.sources.shopify.graphql_order import normalize
from app.sources.shopify.rest_order import normalize_rest


def read_pasted(content: bytes, rules: TenantRules) -> Order:
    """An order from a webhook body, or from a GraphQL answer holding one. Raises BodyNotUnderstoodError."""
    try:
        # Money comes as text; a rate that came as a number must not pass through a float.
        parsed = json.loads(content, parse_float=str)
    except ValueError as error:
        raise BodyNotUnderstoodError(f"no JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise BodyNotUnderstoodError("no JSON object")
    node = _graphql_order(parsed)
    if node is not None:
        return normalize(node, shop="preview", currency=rules.document_currency)
    return normalize_rest(parsed.get("order") or parsed, shop="preview", currency=rules.document_currency)


def _graphql_order(parsed: dict[str, Any]) -> dict[str, Any] | None:
    data = parsed.get("data")
    found = data.get("order") if isinstance(data, dict) else parsed
    return found if isinstance(found, dict) and "totalPriceSet" in found else None


def preview(content: bytes, rules: TenantRules) -> dict[str, Any]:
    """The decision about a pasted order, as people read it."""
    try:
        order = read_pasted(content, rules)
    except BodyNotUnderstoodError as error:
        finding = Finding("SHOPIFY_BODY_NOT_UNDERSTOOD", str(error)[:80], {"topic": str(error)})
        return explain(Stopped((finding,)))
    return {"order": order.name, "total": str(order.total), **explain(decide(order, rules))}
