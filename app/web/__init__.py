"""HTTP edge: webhooks, connect flows, pages, JSON API."""
