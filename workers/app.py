"""The Celery application of a fleet, from the environment (docs/scaled.md): `celery -A workers.app worker` or `beat`.

See docs/scaled.md. In embedded mode nobody imports this: the API process makes its own.
"""

from __future__ import annotations

from app.settings import Settings
from workers.celery_app import make_celery

_settings = Settings()
app = make_celery(_settings.broker_url, sweep_seconds=_settings.sweep_seconds)
