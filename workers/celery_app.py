"""Celery as notifier and clock: messages may be lost, doubled or late; the database knows what is due (decision 3)."""

from __future__ import annotations

from collections.abc import Sequence

from celery import Celery

QUEUE = "bokbro"
SCHEDULER = "workers.notifications:BoundedScheduler"
_POLL_SECONDS = 0.02
"""How often the worker in this process looks for a notification: the transport's own second is what an order
would wait."""
LOOK_SECONDS = 60
"""How often the clock asks for what runs every ten minutes or hours: when it ran last, the database knows."""


def make_celery(broker_url: str, *, sweep_seconds: float, tasks: Sequence[str] = ("workers.tasks",)) -> Celery:
    """The Celery application. No result backend, no ETA, no countdown, no retry: time lives in `job.due_at`.

    `tasks`: modules that a process imports when it starts to work; the clock needs none.
    """
    celery = Celery("bokbro", broker=broker_url, include=list(tasks))
    celery.conf.update(
        task_ignore_result=True,
        result_backend=None,
        task_serializer="json",
        accept_content=["json"],
        task_acks_late=False,  # the sweep repeats work, not the broker: redelivery ran tasks up to four times
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        # Without these a dead broker held the webhook's answer for 6 s (architecture-options.md 16, E9).
        task_publish_retry=False,
        broker_transport_options={
            "max_retries": 1, "interval_start": 0, "interval_step": 0, "socket_keepalive": True,
            "health_check_interval": 10, "socket_timeout": 15, "socket_connect_timeout": 2, "visibility_timeout": 600,
        } if not broker_url.startswith("memory") else {"polling_interval": _POLL_SECONDS},
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        task_default_queue=QUEUE,
        beat_scheduler=SCHEDULER,
        timezone="UTC",
        beat_schedule={
            "sweep": _tick("bokbro.sweep", sweep_seconds),
            "recheck-registers": _tick("bokbro.recheck_registers", LOOK_SECONDS),
            "recover-polls": _tick("bokbro.recover_polls", LOOK_SECONDS),
            "watch-folder": _tick("bokbro.watch_folder", 60),
            "check-vat-numbers": _tick("bokbro.check_vat_numbers", 60),
            "compare-ledgers": _tick("bokbro.compare_ledgers", LOOK_SECONDS),
            "close-months": _tick("bokbro.close_months", LOOK_SECONDS),
            "look-at-waiting": _tick("bokbro.look_at_waiting", LOOK_SECONDS),
            "look-at-documents": _tick("bokbro.look_at_documents", LOOK_SECONDS),
            "keep-grants-alive": _tick("bokbro.keep_grants_alive", LOOK_SECONDS),
        },
    )  # fmt: skip
    return celery


def _tick(task: str, seconds: float) -> dict[str, object]:
    return {"task": task, "schedule": seconds}
