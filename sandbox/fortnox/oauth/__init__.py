"""OAuth as Fortnox does it (fortnox-api.md 1): activation page, tokens with single-use refresh, service accounts."""
