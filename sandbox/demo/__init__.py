"""The demo: a scenario played from shop to ledger through the real service, and checked against its promises."""
