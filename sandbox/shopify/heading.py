"""The head of an order: identity, times, state words, buyer (shopify-api.md 3.1)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sandbox.shopify.model import Json, Shop, World, gid, opaque
from sandbox.shopify.money import Bag
from sandbox.shopify.people import address_body, customer_body
from sandbox.shopify.spec import OrderSpec

AFTER_PROCESSED = timedelta(seconds=2)
"""In live checkouts processed_at lies 0 to 3 s before created_at (3.1)."""


def order_head(world: World, shop: Shop, spec: OrderSpec, nothing: Bag, *, included: bool) -> Json:
    """Everything of a new order except its lines and sums."""
    order_id = world.new_id()
    now = world.now()
    processed = spec.processed_at or now - AFTER_PROCESSED
    created = spec.created_at or processed + AFTER_PROCESSED
    number = shop.next_number
    shop.next_number += 1
    name = spec.name or f"#{number}"
    return {
        "id": order_id,
        "admin_graphql_api_id": gid("Order", order_id),
        "name": name,
        "number": number - 1000,
        "order_number": number,
        "confirmation_number": opaque(f"{shop.domain}{name}", 9).upper(),
        "confirmed": True,
        "test": spec.test,
        **_moments(shop, processed, created, now),
        "currency": nothing.shop_currency,
        "presentment_currency": nothing.presentment_currency,
        "taxes_included": included,
        "tax_exempt": spec.tax_exempt,
        "estimated_taxes": False,
        "duties_included": False,
        "note": spec.note,
        "note_attributes": [],
        "tags": spec.tags,
        "po_number": None,
        "source_name": spec.source_name,
        "source_identifier": opaque(name, 32).lower() if spec.source_name == "shopify_draft_order" else None,
        "email": spec.buyer.email,
        "contact_email": spec.buyer.email,
        "customer": customer_body(shop, spec.buyer),
        "billing_address": address_body(spec.buyer.billing),
        "shipping_address": address_body(spec.buyer.shipping or spec.buyer.billing),
        "cancel_reason": None,
        "fulfillment_status": None,
        "payment_terms": _terms(spec, processed, shop),
        "discount_applications": [],
        "discount_codes": [],
        "refunds": [],
        "fulfillments": [],
        "returns": [],
        "company": None,
        **_channel(shop, spec, order_id),
        **_duties(),
        "total_cash_rounding_payment_adjustment_set": nothing.rest(),
        "total_cash_rounding_refund_adjustment_set": nothing.rest(),
    }


def _channel(shop: Shop, spec: OrderSpec, order_id: int) -> Json:
    """Where the order came from; a till names its location, device and person (sample 07 of the dossier)."""
    is_till = spec.source_name == "pos"
    token = opaque(f"{shop.domain}{order_id}", 32).lower()
    return {
        "app_id": 129785 if is_till else 580111,
        "browser_ip": None,
        "buyer_accepts_marketing": False,
        "cart_token": None,
        "checkout_token": None if is_till else token,
        "client_details": None,
        "customer_locale": "sv",
        "device_id": 1 if is_till else None,
        "landing_site": None,
        "landing_site_ref": None,
        "line_item_groups": [],
        "location_id": shop.id if is_till else None,
        "merchant_business_entity_id": "MTU0ODM4MDAwOQ",
        "merchant_of_record_app_id": None,
        "order_status_url": f"https://{shop.domain}/{shop.id}/orders/{token}/authenticate",
        "phone": None,
        "reference": None,
        "referring_site": None,
        "source_url": None,
        "token": token,
        "total_weight": 0,
        "user_id": 1 if is_till else None,
    }


def _duties() -> Json:
    """Import duties and fees of the order as it was placed, and of what is left; null where there are none."""
    return {
        "original_total_duties_set": None,
        "current_total_duties_set": None,
        "original_total_additional_fees_set": None,
        "current_total_additional_fees_set": None,
    }


def _moments(shop: Shop, processed: datetime, created: datetime, now: datetime) -> Json:
    return {
        "processed_at": shop.local(processed),
        "created_at": shop.local(created),
        "updated_at": shop.local(max(now, created)),
        "cancelled_at": None,
        "closed_at": None,
    }


def _terms(spec: OrderSpec, processed: datetime, shop: Shop) -> Json | None:
    if spec.payment_terms_days is None:
        return None
    days = spec.payment_terms_days
    due = shop.local(processed + timedelta(days=days))
    return {
        "payment_terms_name": f"Net {days}",
        "payment_terms_type": "net",
        "due_in_days": days,
        "payment_schedules": [{"issued_at": shop.local(processed), "due_at": due, "completed_at": None}],
    }
