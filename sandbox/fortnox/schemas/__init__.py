"""The fields of Fortnox's documents (fortnox-api.md 3), defaults and order as recorded from the real API."""
