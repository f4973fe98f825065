"""Whom we work for: rules, account roles, people, sessions."""
