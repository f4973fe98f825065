"""Connecting a tenant to its ledger, shops and providers: consent, codes, tokens, and the row that keeps them.

`flows` has a module or more for each platform, which speaks with it and knows what its consent is; `repository` is the
one place where a connection's row is written. All of it is synchronous and gets its HTTP client passed in. A flow that
fails raises `ConnectRefusedError` with a catalogue code and leaves nothing half-stored.
"""
