"""Shop and app installation as GraphQL shows them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sandbox.shopify.model import Json, Shop, gid

SUPPORTED_VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10")
"""As of November 2026 (section 0); an older one is answered by the oldest of these."""


def shop_object(shop: Shop, now: datetime) -> Json:
    """Shop."""
    offset = now.astimezone(ZoneInfo(shop.iana_timezone)).utcoffset()
    minutes = int(offset.total_seconds() // 60) if offset is not None else 0
    return {
        "__typename": "Shop",
        "id": gid("Shop", shop.id),
        "name": shop.name,
        "email": f"info@{shop.domain}",
        "myshopifyDomain": shop.domain,
        "currencyCode": shop.currency,
        "enabledPresentmentCurrencies": list(shop.presentment_currencies),
        "taxesIncluded": shop.taxes_included,
        "taxShipping": True,
        "ianaTimezone": shop.iana_timezone,
        "timezoneOffsetMinutes": minutes,
        "orderNumberFormatPrefix": "#",
        "orderNumberFormatSuffix": "",
        "plan": {
            "__typename": "ShopPlan",
            "displayName": shop.plan,
            "publicDisplayName": shop.plan,
            "shopifyPlus": shop.plus,
            "partnerDevelopment": shop.partner_development,
        },
        "shopAddress": {"__typename": "ShopAddress", "countryCodeV2": shop.country_code},
    }


def installation_object(scopes: set[str]) -> Json:
    """AppInstallation with what was granted."""
    handles = [{"__typename": "AccessScope", "handle": scope} for scope in sorted(scopes)]
    return {"__typename": "AppInstallation", "accessScopes": handles}


def versions_list() -> list[Json]:
    """publicApiVersions."""
    return [
        {"__typename": "ApiVersion", "handle": handle, "displayName": handle, "supported": True}
        for handle in SUPPORTED_VERSIONS
    ]
