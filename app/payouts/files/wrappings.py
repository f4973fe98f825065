"""A payout file out of its zip or gzip, within limits; spreadsheets of other programs are refused by name. Pure.

A zip's own directory says what a part unpacks to, and Python reads no more of it (zipfile, APPNOTE.TXT 4.4.9).
"""

from __future__ import annotations

import io
import zipfile
import zlib

from app.payouts.files.faults import Fault, FileNotUnderstoodError

MAX_BYTES = 50 * 1024 * 1024
"""Of a file, packed and unpacked."""
MAX_RATIO = 500
"""Unpacked to packed bytes. Reports pack to a tenth, rows that hardly differ to a hundredth; deflate ends at 1032."""
ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
GZIP = b"\x1f\x8b"
_LAYERS = 2
"""A zip in a zip is opened, a third one is not."""
_GZIP_BITS = 16 + zlib.MAX_WBITS
_RATIO_COUNTS_FROM = 1024 * 1024


def unwrapped(content: bytes) -> bytes:
    """The file itself; an XLSX stays the zip that it is. Raises FileNotUnderstoodError."""
    if len(content) > MAX_BYTES:
        raise too_large()
    for _ in range(_LAYERS):
        inner = _opened(content)
        if inner is content:
            return content
        content = inner
    if _opened(content) is not content:
        raise FileNotUnderstoodError(Fault("FILE_ZIP_BROKEN"))
    return content


def too_large() -> FileNotUnderstoodError:
    """The error for a file beyond `MAX_BYTES`."""
    return FileNotUnderstoodError(Fault("FILE_TOO_LARGE", {"limit": f"{MAX_BYTES // 1024**2} MB"}))


def _opened(content: bytes) -> bytes:
    if content.startswith(GZIP):
        return _gunzipped(content)
    return _unzipped(content) if content.startswith((ZIP, _EMPTY_ZIP)) else content


def _gunzipped(content: bytes) -> bytes:
    """What a gzip's members hold, put together (RFC 1952, 2.2). Raises FileNotUnderstoodError."""
    unpacked, rest = b"", content
    while rest.startswith(GZIP):
        member = zlib.decompressobj(_GZIP_BITS)
        try:
            unpacked += member.decompress(rest, MAX_BYTES + 1 - len(unpacked))
        except zlib.error as error:
            raise FileNotUnderstoodError(Fault("FILE_ZIP_BROKEN")) from error
        check_size(len(unpacked), len(content))
        if not member.eof:  # cut off
            raise FileNotUnderstoodError(Fault("FILE_ZIP_BROKEN"))
        rest = member.unused_data
    if rest.strip(b"\0"):
        raise FileNotUnderstoodError(Fault("FILE_ZIP_BROKEN"))
    return unpacked


def _unzipped(content: bytes) -> bytes:
    """The one file of a zip; the zip itself where it is a workbook, or broken and most likely one."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = parts_of(archive)
            names = {part.filename for part in parts}
            if "[Content_Types].xml" in names:
                return content
            _refuse_other_spreadsheets(names)
            if len(parts) != 1:
                raise FileNotUnderstoodError(Fault("FILE_ZIP_OF_SEVERAL", {"count": str(len(parts))}))
            check_size(parts[0].file_size, parts[0].compress_size)
            with archive.open(parts[0]) as file:
                return file.read()
    except zipfile.BadZipFile:
        return content  # reported as the broken sheet that it most likely is
    except (NotImplementedError, RuntimeError, OSError, EOFError, zlib.error) as error:
        raise FileNotUnderstoodError(Fault("FILE_ZIP_BROKEN")) from error


def _refuse_other_spreadsheets(names: set[str]) -> None:
    """LibreOffice's have a content.xml (OpenDocument 1.3, part 2, 3.1), those of Apple's Numbers .iwa files."""
    kind = ".ods" if {"mimetype", "content.xml"} <= names else ""
    if any(name.endswith(".iwa") for name in names):
        kind = ".numbers"
    if kind:
        raise FileNotUnderstoodError(Fault("FILE_OTHER_SPREADSHEET", {"kind": kind}))


def parts_of(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The files in a zip without those that macOS adds (`__MACOSX/`, `.DS_Store`)."""
    files = (entry for entry in archive.infolist() if not entry.is_dir())
    return [file for file in files if not file.filename.startswith("__MACOSX/") and not _is_hidden(file.filename)]


def _is_hidden(name: str) -> bool:
    return name.rpartition("/")[2].startswith(".")


def check_size(unpacked: int, packed: int) -> None:
    """Raises FileNotUnderstoodError for what unpacks to too much, or to too much for what it is packed to."""
    if unpacked > MAX_BYTES:
        raise too_large()
    if unpacked > _RATIO_COUNTS_FROM and unpacked > MAX_RATIO * packed:
        raise FileNotUnderstoodError(Fault("FILE_ZIP_RATIO", {"limit": str(MAX_RATIO)}))
