"""A Fortnox that behaves like the real one, quirks included.

``python -m sandbox.fortnox --port 8081`` serves, on 127.0.0.1 only: OAuth under ``/oauth-v1``, the API under ``/3`` and
``/api``, and the control interface under ``/_sandbox`` (described by ``/_sandbox/openapi.json``). In code:
``create_app(SandboxConfig(companies=(CompanyConfig(…),)))``, served by `sandbox.kit.serving.ServerThread`.

It enforces what Fortnox does (rate limit, single-use tokens, scopes, no idempotency, whole-krona rounding, 500 rows,
one credit per invoice, booked means fixed) and keeps real double entry inside, so that a test can ask the ledger
whether the books are right. Where nobody knows what Fortnox does, there is a switch: `sandbox.fortnox.config.Switches`.
Numbers such as "3.4" in comments are sections of the Fortnox dossier, fortnox-api.md.
"""
