"""Settlement files of any provider: bytes in, `Settlement`s out. Pure: no database, no network.

A file is read as a whole or not at all: one cell that is not understood, and nobody can say what the sums mean.
"""

from __future__ import annotations

from app.sources.settlements.cells import DayOrder, DecimalSign
from app.sources.settlements.description import StatedSum
from app.sources.settlements.faults import Fault, FileNotUnderstoodError
from app.sources.settlements.formats.generic import ColumnMap
from app.sources.settlements.reading import (
    EQUAL,
    NotRecognised,
    Problem,
    ReadFile,
    Recognised,
    RowsTwice,
    read_file,
    recognise,
)

__all__ = (
    "EQUAL",
    "ColumnMap",
    "DayOrder",
    "DecimalSign",
    "Fault",
    "FileNotUnderstoodError",
    "NotRecognised",
    "Problem",
    "ReadFile",
    "Recognised",
    "RowsTwice",
    "StatedSum",
    "read_file",
    "recognise",
)
