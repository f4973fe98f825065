"""Logs: one JSON line per event in production, readable lines elsewhere; secrets and personal data masked."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from app.settings import Settings

_SECRET_NAMES = re.compile(r"(?i)authorization|secret|token|password|code_verifier|hmac|cookie")
_PERSONAL_NAMES = re.compile(
    r"(?i)^(e_?mail(_?address)?|phone\d?|(delivery_?)?(zip_?(code)?|city|address_?\d?|name)"
    r"|(customer|first|last|display|your)_?name)$"
)
_SECRET_SHAPES = re.compile(r"Bearer\s+\S+|Basic\s+\S+|eyJ[\w-]+\.[\w-]+\.[\w-]*|shp[a-z]{2}_\w+")
_MASK = "***"


def mask(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401
    """Mask by name and by shape, at any depth (a structlog processor)."""
    return {name: _masked(name, value) for name, value in event.items()}


def _masked(name: str, value: Any) -> Any:  # noqa: ANN401 - any log value
    if name in ("event", "level", "timestamp", "logger"):
        return _SECRET_SHAPES.sub(_MASK, value) if isinstance(value, str) else value
    if _SECRET_NAMES.search(name) or _PERSONAL_NAMES.search(name):
        return _MASK
    if isinstance(value, Mapping):
        return {str(key): _masked(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_masked("", inner) for inner in value]
    return _SECRET_SHAPES.sub(_MASK, value) if isinstance(value, str) else value


def configure_logs(settings: Settings, *, level: int = logging.INFO) -> None:
    """Set structlog up for this process, and send the standard library's loggers the same way."""
    pretty = not settings.is_production and sys.stderr.isatty()
    # The library's own formatter draws every local of every frame: minutes for one trace.
    console = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    renderer: Any = console if pretty else structlog.processors.JSONRenderer(ensure_ascii=False)
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
