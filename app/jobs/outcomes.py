"""How the work on a job may end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from app.model.finding import Finding
from app.schema import JobState


@dataclass(frozen=True, slots=True)
class Completed:
    """The job's subject is in a final state for now; notices stay visible."""

    state: JobState
    notices: tuple[Finding, ...] = ()
    again: timedelta | None = None
    """When the job is due by itself, from now; None: not before something happens."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Not now: come back after `wait`. `failed` counts a try; `company` defers everything of this company."""

    wait: timedelta | None
    failed: bool = False
    company: bool = False
    retry_after: float | None = None
    code: str = ""
    """Catalogue code of the trouble, when a person should see it while it lasts."""
    detail: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    """Of the code, where the other system stated the cause."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """Findings forbid the rest until somebody acts."""

    findings: tuple[Finding, ...]
