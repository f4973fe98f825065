"""Files that would take the service down, or that no reader understands: refused with a code, unnoticed by others."""

from __future__ import annotations

import io
import os
import re
import resource
import signal
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.payouts.files import RowsTwice
from app.payouts.imports import file_reader
from app.payouts.imports.file_outlines import Outline, WholeFile, read_whole
from app.payouts.imports.file_process import READ, WHOLE
from app.payouts.imports.file_reader import FileReader, shared_reader
from app.payouts.imports.refused_files import refusals
from tests.support.payout_files.files import SHOPIFY_HEADER, shopify, xlsx
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.refused_files import OTHER, SALE

RIGHT = shopify(SALE)
SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture
def reader() -> FileReader:
    """The one of this process: starting another takes half a second."""
    return shared_reader()


@pytest.fixture
def own_reader() -> Iterator[FileReader]:
    made = FileReader()
    yield made
    made.close()


def read(reader: FileReader, content: bytes) -> Outline:
    return reader.read(content, [], RowsTwice.NOT_SAID, None, with_lines=False).outline


def codes(reader: FileReader, content: bytes) -> list[str]:
    return [problem.fault.code for problem in read(reader, content).problems]


def sheet_with(rows: str, declared: str = "") -> bytes:
    """A workbook of one sheet whose rows are written by hand."""
    stored = io.BytesIO()
    plain = xlsx([["Dag", "Belopp"], ["a", 1]])
    with zipfile.ZipFile(io.BytesIO(plain)) as whole, zipfile.ZipFile(stored, "w", zipfile.ZIP_DEFLATED) as made:
        for name in whole.namelist():
            text = whole.read(name).decode()
            if name == SHEET:
                text = re.sub(r"<sheetData>.*</sheetData>", f"<sheetData>{rows}</sheetData>", text, flags=re.DOTALL)
                text = f'<?xml version="1.0"?>{declared}' + text.removeprefix('<?xml version="1.0"?>')
            made.writestr(name, text)
    return stored.getvalue()


def cell(value: str, **more: str) -> str:
    return f'<row r="{more.get("row", "1")}"><c r="{more.get("at", "A1")}" t="{more.get("t", "n")}">{value}</c></row>'


BROKEN = {
    "number of a row": cell("<v>1</v>", row="x"),
    "reference of a cell": cell("<v>1</v>", at="§§"),
    "shared text that is not there": cell("<v>999</v>", t="s"),
    "text in a number": cell("<v>abc</v>"),
    "day": cell("<v>2026-99-99</v>", t="d"),
    "no number": cell("<v>NaN</v>"),
    "cut XML": "<row><c",
    "declared entity": "]]>",
    "number of thousands of digits": cell(f"<v>{'9' * 5000}</v>"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_sheet_is_refused_whatever_is_broken_in_it(reader: FileReader, kind: str) -> None:
    assert codes(reader, sheet_with(BROKEN[kind])) == ["FILE_NO_XLSX"]


def test_number_beyond_all_numbers_is_no_money(reader: FileReader) -> None:
    head = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in SHOPIFY_HEADER.split(","))
    cells = "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in SALE.split(","))
    cells = cells.replace('<c t="inlineStr"><is><t>1499.50</t></is></c>', "<c><v>1e400</v></c>")
    assert codes(reader, sheet_with(f"<row>{head}</row><row>{cells}</row>")) == ["FILE_CELL_NO_AMOUNT"]


def test_entities_that_unfold_are_not_unfolded(reader: FileReader) -> None:
    entities = '<!ENTITY e0 "ha">' + "".join(f'<!ENTITY e{one + 1} "{f"&e{one};" * 10}">' for one in range(4))
    declared = f"<!DOCTYPE x [{entities}]>"
    assert codes(reader, sheet_with(cell("<is><t>&e4;</t></is>", t="inlineStr"), declared)) == ["FILE_NO_XLSX"]
    for encoding in ("utf-8", "utf-16"):
        head = f'<?xml version="1.0" encoding="{encoding}"?>' if encoding == "utf-8" else ""
        report = f"{head}{declared}<SettlementReport>&e4;</SettlementReport>".encode(encoding)
        assert codes(reader, report) == ["FILE_XML_NOT_KNOWN"] if encoding == "utf-8" else read(reader, report).problems


@pytest.mark.parametrize(
    ("code", "content"),
    [
        ("FILE_TOO_MANY_COLUMNS", lambda: sheet_with("".join(cell("<v>1</v>", row=str(one), at=f"XFD{one}") for one in range(1, 9)))),  # noqa: E501
        ("FILE_TOO_MANY_COLUMNS", lambda: b",".join([b"a"] * 100_000) + b"\n"),
        ("FILE_TOO_MANY_CELLS", lambda: sheet_with('<row r="1"><c r="ALL1"><v>1</v></c></row>' + "".join(cell("<v>1</v>", row=str(one), at=f"A{one}") for one in range(2, 5_010)))),  # noqa: E501
        ("FILE_TOO_MANY_ROWS", lambda: sheet_with(cell("<v>1</v>", row="999999999", at="A999999999"))),
        ("FILE_CELL_TOO_LONG", lambda: b'a;b\n"' + b"x" * 40_000 + b'";1\n'),
        ("FILE_CELL_TOO_LONG", lambda: b'a;b\n"' + b"x" * 5_000_000 + b'";1\n'),
        ("FILE_CELL_TOO_LONG", lambda: sheet_with(cell(f"<is><t>{'x' * 3_000_000}</t></is>", t="inlineStr"))),
        ("FILE_NO_TEXT", lambda: b"a;b\n" + b"1;2\n" * 1_000 + b"\x00;1\n"),
        ("FILE_NO_TEXT", lambda: b'{"transactions": [{"id": 1, "type": "\\ud800"}]}'),
    ],
)  # fmt: skip
def test_file_beyond_a_limit_is_refused_by_its_name(
    reader: FileReader, code: str, content: Callable[[], bytes]
) -> None:
    assert codes(reader, content()) == [code]


def test_header_is_shown_in_part_and_its_samples_cut(reader: FileReader) -> None:
    names = [f"kolumn {one}" for one in range(900)]
    names[3] = "n" * 300
    content = "\n".join([";".join(names), ";".join(["x" * 5_000] * 900)]).encode()
    table = read(reader, content).table
    assert table is not None
    assert (len(table.columns), table.more_columns) == (200, 700)
    assert table.columns[3].name == "#4"
    assert max(len(sample) for column in table.columns for sample in column.samples) == 100


def test_what_another_process_reads_is_what_this_one_would(reader: FileReader) -> None:
    for content in (RIGHT, shopify(SALE, OTHER), xlsx([["a"], ["b"]]), b"Dag;Sort\n2026-03-01;x\n", shopify("x")):
        here = read_whole(content, [], RowsTwice.NOT_SAID, None)
        assert reader.read(content, [], RowsTwice.NOT_SAID, None, with_lines=True) == here
        assert reader.read(content, [], RowsTwice.NOT_SAID, None, with_lines=False) == WholeFile(here.outline)


def told(bench: Bench, file_id: int) -> list[str]:
    return [refusal.fault.code for refusal in refusals(bench.program.payout_files.preview(bench.tenant_id, file_id))]


def test_file_that_takes_too_much_memory_is_refused_once_and_the_next_one_is_read(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = bench.program.payout_files
    file_id = files.keep(bench.tenant_id, "stor.csv", shopify(*[SALE] * 20_000), by="maja")
    with monkeypatch.context() as small:
        small.setattr(file_reader, "MEMORY", 70_000_000)
        assert told(bench, file_id) == ["FILE_READER_STOPPED"]
    assert told(bench, file_id) == ["FILE_READER_STOPPED"], "kept: nobody pays for it twice"
    assert told(bench, files.keep(bench.tenant_id, "fil.csv", RIGHT, by="maja")) == []


def test_file_that_takes_too_much_of_the_processor_is_refused(
    reader: FileReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_reader, "CPU_SECONDS", 1)
    assert codes(reader, shopify(*[SALE] * 40_000)) == ["FILE_READER_STOPPED"]


def test_file_for_which_there_was_no_time_is_read_the_next_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    file_id = bench.program.payout_files.keep(bench.tenant_id, "fil.csv", RIGHT, by="maja")
    with monkeypatch.context() as busy:
        busy.setattr(file_reader, "SECONDS", 0.0001)
        assert told(bench, file_id) == ["FILE_READER_BUSY"]
        found = bench.program.payout_files.take_in(bench.tenant_id, file_id)
        assert [refusal.fault.code for refusal in refusals(found)] == ["FILE_READER_BUSY"]
    assert told(bench, file_id) == []
    assert refusals(bench.program.payout_files.take_in(bench.tenant_id, file_id)) == []


def test_few_files_are_read_at_once(own_reader: FileReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_reader, "WAIT_SECONDS", 0.05)
    inside, go_on = threading.Barrier(file_reader.AT_ONCE + 1), threading.Event()

    def waiting(*_: Any) -> tuple[bytes, bytes]:
        inside.wait(20)
        go_on.wait(20)
        return READ, WHOLE.dump_json(WholeFile(Outline()))

    monkeypatch.setattr(own_reader, "_ask", waiting)
    first = [threading.Thread(target=read, args=(own_reader, RIGHT)) for _one in range(file_reader.AT_ONCE)]
    for one in first:
        one.start()
    inside.wait(20)
    assert codes(own_reader, RIGHT) == ["FILE_READER_BUSY"]
    go_on.set()
    for one in first:
        one.join()


def test_fault_of_ours_is_told_and_logged_and_no_trace_on_a_page(
    reader: FileReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    class NoMaps:
        @staticmethod
        def dump_python(*_: Any, **__: Any) -> list[Any]:
            return [{"provider": 7}]

    monkeypatch.setattr(file_reader, "MAPS", NoMaps)
    assert codes(reader, RIGHT) == ["FILE_READER_FAILED"]


def test_process_that_was_killed_is_started_anew(own_reader: FileReader) -> None:
    assert codes(own_reader, RIGHT) == []
    first = own_reader._process
    assert first is not None
    os.kill(first.pid, signal.SIGKILL)
    first.wait(10)
    assert codes(own_reader, RIGHT) == []
    assert own_reader._process is not first


def test_children_are_reaped_and_leave_with_us(own_reader: FileReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_reader, "SECONDS", 0.0001)
    for _one in range(3):
        assert codes(own_reader, RIGHT) == ["FILE_READER_BUSY"]
    process = own_reader._process
    assert process is not None
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    zombies = [one for one in listed.read_text().split() if "\nState:\tZ" in Path(f"/proc/{one}/status").read_text()]
    assert zombies == []
    own_reader.close()
    assert process.returncode == 0


def test_process_knows_no_secret_and_no_connection(own_reader: FileReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEYS", "hemligt")
    assert codes(own_reader, RIGHT) == []
    process = own_reader._process
    assert process is not None
    assert b"hemligt" not in Path(f"/proc/{process.pid}/environ").read_bytes()
    held = [str(one.readlink()) for one in Path(f"/proc/{process.pid}/fd").iterdir()]
    assert sum(one.startswith("socket:") for one in held) <= 2, "the bell, and a line just being handed on"


def test_limits_hold_in_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    from app.payouts.imports import file_process

    limits: dict[int, tuple[int, int]] = {}
    monkeypatch.setattr(resource, "setrlimit", lambda kind, most: limits.update({kind: most}))
    monkeypatch.setattr(signal, "setitimer", lambda *_: None)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    file_process.confine(1_000, 7, 9.0)
    assert limits[resource.RLIMIT_AS] == (1_000, 1_000)
    assert limits[resource.RLIMIT_CPU] == (7, 7)
    assert limits[resource.RLIMIT_FSIZE] == limits[resource.RLIMIT_NPROC] == (0, 0)
