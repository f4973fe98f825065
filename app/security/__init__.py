"""Sealed secrets, sign-in, sessions, CSRF, OAuth state, roles."""
