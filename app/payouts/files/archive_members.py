"""The files of a zip that holds several: each is offered as a file of its own, with a name that is only shown. Pure."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from dataclasses import dataclass

from app.payouts.files.faults import Fault, FileNotUnderstoodError
from app.payouts.files.wrappings import GZIP, MAX_BYTES, ZIP, check_size, parts_of, too_large

MOST_MEMBERS = 100
MOST_UNPACKED = 4 * MAX_BYTES
"""Bytes of all members together."""
_MOST_LETTERS = 100


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a zip."""

    name: str
    """Its last part, without signs that are not shown. No path: nothing is ever written under it."""
    size: int
    """Bytes, unpacked."""
    digest: str
    """SHA-256 of its content, as kept files are known by."""
    is_archive: bool
    """Whether it is a zip or gzip itself: those are not opened inside another."""


def members_of(content: bytes) -> tuple[Member, ...]:
    """The files of a zip in its order; none of what is no zip, or holds too many. Raises FileNotUnderstoodError."""
    if not content.startswith(ZIP):
        return ()
    with _opened(content) as archive:
        parts = parts_of(archive)
        if len(parts) > MOST_MEMBERS:
            return ()
        if sum(part.file_size for part in parts) > MOST_UNPACKED:
            raise too_large()
        return tuple(_member(archive, part, place) for place, part in enumerate(parts, 1))


def member_of(content: bytes, place: int) -> bytes:
    """What the file at a place (from 0) of `members_of` holds. Raises FileNotUnderstoodError."""
    with _opened(content) as archive:
        return _read(archive, parts_of(archive)[place])


def _opened(content: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(content))
    except zipfile.BadZipFile as error:
        raise FileNotUnderstoodError(Fault("FILE_ZIP_BROKEN")) from error


def _member(archive: zipfile.ZipFile, part: zipfile.ZipInfo, place: int) -> Member:
    unpacked = _read(archive, part)
    last = part.filename.replace("\\", "/").rpartition("/")[2]
    name = "".join(letter for letter in last if letter.isprintable())[:_MOST_LETTERS]
    digest = hashlib.sha256(unpacked).hexdigest()
    return Member(name or str(place), len(unpacked), digest, _is_archive(unpacked))


def _read(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    check_size(part.file_size, part.compress_size)
    try:
        with archive.open(part) as file:
            return file.read()
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, zlib.error) as error:
        raise FileNotUnderstoodError(Fault("FILE_ZIP_BROKEN")) from error


def _is_archive(content: bytes) -> bool:
    """Whether files are packed in it; a workbook is a zip, and is none."""
    if not content.startswith(ZIP):
        return content.startswith(GZIP)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except zipfile.BadZipFile:
        return False  # reported as the broken workbook that it most likely is
    return not names & {"[Content_Types].xml", "mimetype"}
