"""The Celery application of a fleet's workers, from the environment (docs/scaled.md): `celery -A workers.app worker`.

The clock has one of its own (`workers.beat`). In embedded mode nobody imports this: the API process makes its own.
"""

from __future__ import annotations

from celery.signals import worker_process_shutdown, worker_shutdown, worker_shutting_down

from app.settings import Settings
from app.wiring import leave, take_nothing_more
from workers.celery_app import make_celery

_settings = Settings()
app = make_celery(_settings.broker_url, sweep_seconds=_settings.sweep_seconds)


@worker_shutting_down.connect
def _asked_to_stop(**_signal: object) -> None:
    """SIGTERM: threads give their jobs back at the next step."""
    take_nothing_more()


@worker_shutdown.connect
@worker_process_shutdown.connect
def _ended(**_signal: object) -> None:
    """No thread works any more."""
    leave()
