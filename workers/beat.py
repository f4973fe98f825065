"""The clock of a fleet (docs/scaled.md): `celery -A workers.beat beat`. It knows the names of the tasks, not the tasks.

The whole program takes 125 MiB to import; a clock that sends a message a second needs none of it.
"""

from __future__ import annotations

from app.settings import Settings
from workers.celery_app import make_celery

_settings = Settings()
app = make_celery(_settings.broker_url, sweep_seconds=_settings.sweep_seconds, tasks=())
