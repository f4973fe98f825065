"""A watched folder: what is put into `<folder>/<company>/` is imported, and moved to `done` or `refused` beside it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy import select

from app.catalogue.entries import Language
from app.kit.db.engine import Store
from app.payouts.imports.payout_files import FileRefusedError, PayoutFiles
from app.payouts.imports.refused_files import in_words, refusals
from app.schema import Tenant

log = structlog.get_logger(__name__)

_LANGUAGES: tuple[Language, ...] = ("sv", "en")
DONE, REFUSED = "done", "refused"
EXPECT_SUFFIX = ".expect.json"
"""Of the right outcome of a file, which lies beside it where the file is tried out (`make payouts`): never imported."""
_STILL_SECONDS = 5.0
"""A file that changed this recently may still be copied."""


@dataclass(frozen=True, slots=True)
class SettlementFolder:
    """Harmless when it runs twice: a file that was imported changes nothing the second time."""

    store: Store
    files: PayoutFiles
    folder: Path | None
    """None: no folder is watched."""

    def run(self) -> int:
        """Import the files of the folder; returns how many were taken away."""
        if self.folder is None or not self.folder.is_dir():
            return 0
        with self.store.read() as session:
            tenants = {row.name: row.id for row in session.scalars(select(Tenant))}
        taken = 0
        for company in sorted(entry for entry in self.folder.iterdir() if entry.is_dir()):
            tenant_id = tenants.get(company.name)
            if tenant_id is None:
                log.warning("settlement_folder_of_no_company", folder=company.name)
                continue
            for path in _waiting(company):
                self._take(tenant_id, path)
                taken += 1
        return taken

    def _take(self, tenant_id: int, path: Path) -> None:
        try:
            file_id = self.files.keep(tenant_id, path.name, path.read_bytes(), by="folder")
            preview = self.files.take_in(tenant_id, file_id)
            problems = refusals(preview)
        except FileRefusedError as error:
            problems = [error.problem]
        # Who will read the folder is not known here: both languages.
        reasons = [in_words(problem, language) for language in _LANGUAGES for problem in problems]
        _move(path, REFUSED if reasons else DONE, "\n".join(reasons))
        log.info("payout_file_taken", file=path.name, refused=bool(reasons))


def _waiting(company: Path) -> Iterator[Path]:
    for path in sorted(company.iterdir()):
        is_ours = path.is_file() and not path.name.startswith(".") and not path.name.endswith(EXPECT_SUFFIX)
        if is_ours and time.time() - path.stat().st_mtime > _STILL_SECONDS:
            yield path


def _move(path: Path, where: str, reason: str) -> None:
    """Out of the way, under a name that is free; a refused one with its reasons beside it."""
    target = path.parent / where
    target.mkdir(exist_ok=True)
    name, number = path.name, 1
    while (target / name).exists():
        name, number = f"{path.stem}-{number}{path.suffix}", number + 1
    path.rename(target / name)
    if reason:
        (target / f"{name}.txt").write_text(reason + "\n", encoding="utf-8")
