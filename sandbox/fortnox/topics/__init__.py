"""The WebSocket API (fortnox-api.md 2.8): what happens in the companies, told as events."""
