"""Worked cases through the real path: Shopify payload → normalise → plan → Fortnox client → emulator → ledger.

`python -m sandbox.cases FILE` takes any file of the form of the dossier's `accounting/examples.yaml`.
"""
