"""Payout files of any provider: bytes in, `Payout`s out. Pure: no database, no network.

A file is read as a whole or not at all: one cell that is not understood, and nobody can say what the sums mean.
"""

from __future__ import annotations

from app.payouts.files.archive_members import MOST_MEMBERS, Member, member_of, members_of
from app.payouts.files.cells import DayOrder, DecimalSign
from app.payouts.files.column_map import AmountColumn, ColumnMap, FeeColumn
from app.payouts.files.description import StatedSum
from app.payouts.files.faults import Fault, FileNotUnderstoodError
from app.payouts.files.left_out import LeftOut
from app.payouts.files.reading import (
    EQUAL,
    NotRecognised,
    Problem,
    ReadFile,
    Recognised,
    RowsTwice,
    read_file,
    recognise,
)
from app.payouts.files.samples import Column, Table, table_of

__all__ = (
    "EQUAL",
    "MOST_MEMBERS",
    "AmountColumn",
    "Column",
    "ColumnMap",
    "DayOrder",
    "DecimalSign",
    "Fault",
    "FeeColumn",
    "FileNotUnderstoodError",
    "LeftOut",
    "Member",
    "NotRecognised",
    "Problem",
    "ReadFile",
    "Recognised",
    "RowsTwice",
    "StatedSum",
    "Table",
    "member_of",
    "members_of",
    "read_file",
    "recognise",
    "table_of",
)
