"""Celery: the notifier and the clock."""
