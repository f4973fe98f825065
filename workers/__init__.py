"""Celery: the doorbell and the clock."""
