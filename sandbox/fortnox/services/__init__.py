"""The services under ``/api``: bare JSON without envelope, errors as words, not numbers (fortnox-api.md 2.4)."""
