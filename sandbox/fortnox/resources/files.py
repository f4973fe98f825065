"""Inbox, archive and the files of vouchers (fortnox-api.md 3.14).

A file has two ids: ``Id`` within inbox or archive, and ``ArchiveFileId``, which `?fileid=` and attachments take. Mixing
them up fails, as it does in reality.
"""

from uuid import uuid4

from sandbox.fortnox.api import ApiCall, Collection, no_such_path
from sandbox.fortnox.company import Record
from sandbox.fortnox.errors import UNKNOWN_CODE, FortnoxError, not_found, refused, wrong_data
from sandbox.fortnox.lists import Listing, list_records
from sandbox.fortnox.schemas.files import VOUCHER_FILE_CONNECTION
from sandbox.fortnox.wire import Document, Reply

INBOX_FOLDERS = {
    "inbox_v": "Verifikationer",
    "inbox_kf": "Kundfakturor",
    "inbox_o": "Ordrar",
    "inbox_of": "Offerter",
    "inbox_s": "Leverantörsfakturor",
    "inbox_d": "Dagskassor",
    "inbox_b": "Bankfiler",
    "inbox_l": "Lön",
    "inbox_a": "Anläggningar",
}
_BINARY = "application/octet-stream"


class FileStore(Collection):
    """The files of one place: ``inbox`` with its fixed folders, or ``archive``."""

    def __init__(self, place: str) -> None:
        self.place = place

    def list(self, call: ApiCall) -> Reply:
        """Show a folder, or with ``fileid`` a file by its ArchiveFileId."""
        wanted = call.query.get("fileid")
        if wanted is not None:
            return self._content(find_archived(call, wanted))
        folder = call.query.get("path") or call.query.get("folderid") or ""
        files = [
            record.fields for record in _records_in(call, self.place) if record.fields["Path"] == folder or not folder
        ]
        folders = [{"@url": call.url("inbox", key), "Id": key, "Name": name} for key, name in INBOX_FOLDERS.items()]
        body: Document = {
            "@url": call.url(self.place),
            "Id": folder or "root",
            "Name": folder or "root",
            "Files": files,
            "Folders": folders if self.place == "inbox" and not folder else [],
        }
        return Reply(200, {"Folder": body})

    def create(self, call: ApiCall) -> Reply:
        """Take a file in."""
        if call.upload is None:
            raise wrong_data()
        folder = call.query.get("path") or call.query.get("folderid") or ""
        if self.place == "inbox" and folder not in INBOX_FOLDERS:
            raise not_found(UNKNOWN_CODE, "Kan inte hitta mappen.")
        key = str(uuid4())
        fields: Document = {
            "@url": call.url(self.place, key),
            "ArchiveFileId": str(uuid4()),
            "Comments": "",
            "Id": key,
            "Name": call.upload.name,
            "Path": folder,
            "Size": len(call.upload.content),
        }
        record = call.company.add("files", key, fields)
        record.hidden.update(content=call.upload.content, place=self.place)
        return Reply(201, {"File": fields}, location=self.place)

    def get(self, call: ApiCall, key: str) -> Reply:
        """Give a file's bytes, or a folder of the inbox."""
        if self.place == "inbox" and key in INBOX_FOLDERS:
            files = [record.fields for record in _records_in(call, self.place) if record.fields["Path"] == key]
            name = INBOX_FOLDERS[key]
            body = {"@url": call.url("inbox", key), "Id": key, "Name": name, "Files": files, "Folders": []}
            return Reply(200, {"Folder": body})
        return self._content(self._find(call, key))

    def delete(self, call: ApiCall, key: str) -> Reply:
        """Remove a file."""
        record = self._find(call, key)
        del call.company.kind("files")[record.key]
        return Reply(204, None)

    def _find(self, call: ApiCall, key: str) -> Record:
        record = call.company.kind("files").get(key)
        if record is None or record.hidden["place"] != self.place:
            raise not_found(UNKNOWN_CODE, "Kan inte hitta filen.")
        return record

    def _content(self, record: Record) -> Reply:
        return Reply(200, record.hidden["content"], kind=_BINARY)


def _records_in(call: ApiCall, place: str) -> list[Record]:
    return [record for record in call.company.kind("files").values() if record.hidden["place"] == place]


def find_archived(call: ApiCall, archive_id: str) -> Record:
    """Find a file by its ArchiveFileId."""
    for record in call.company.kind("files").values():
        if record.fields["ArchiveFileId"] == archive_id:
            return record
    raise not_found(UNKNOWN_CODE, "Kan inte hitta filen.")


class VoucherFileConnections(Collection):
    """Which file belongs to which voucher. The file is named by its inbox id, not by its ArchiveFileId."""

    def __init__(self) -> None:
        names = {name.lower(): name for name in VOUCHER_FILE_CONNECTION.fields}
        searched = ("voucheryear", "voucherdescription", "vouchernumber", "voucherseries")
        self.listing = Listing(
            "VoucherFileConnections",
            lambda _call, record: record.fields,
            search={name: names[name] for name in searched},
            exact=frozenset({"voucheryear", "vouchernumber", "voucherseries"}),
        )

    def list(self, call: ApiCall) -> Reply:
        """List the connections."""
        return list_records(call, call.company.kind("voucherfileconnections").values(), self.listing)

    def create(self, call: ApiCall) -> Reply:
        """Put a file to a voucher."""
        company = call.company
        sent = VOUCHER_FILE_CONNECTION.check(call.sent("VoucherFileConnection"), creating=True)
        file = company.kind("files").get(sent["FileId"])
        if file is None:
            raise FortnoxError(2000704, "Filen kunde inte hittas.")
        year = sent.get("VoucherYear") or company.preselected_year().id
        number = sent["VoucherNumber"]
        entry = company.ledger.find(sent["VoucherSeries"], int(number), year) if number.isdecimal() else None
        if entry is None:
            raise not_found(UNKNOWN_CODE, "Kan inte hitta verifikationen.")
        if sent["FileId"] in company.kind("voucherfileconnections"):
            raise refused("Filen är redan kopplad.")
        fields = {
            "@url": call.url("voucherfileconnections", file.key),
            "FileId": file.key,
            "Name": file.fields["Name"],
            "VoucherDescription": entry.description,
            "VoucherNumber": number,
            "VoucherSeries": entry.series,
            "VoucherYear": year,
        }
        company.add("voucherfileconnections", file.key, fields)
        return Reply(201, {"VoucherFileConnection": fields}, location="voucherfileconnections")

    def get(self, call: ApiCall, key: str) -> Reply:
        """Show a connection."""
        return Reply(200, {"VoucherFileConnection": self._find(call, key).fields})

    def delete(self, call: ApiCall, key: str) -> Reply:
        """Take a file off its voucher; the file stays."""
        del call.company.kind("voucherfileconnections")[self._find(call, key).key]
        return Reply(204, None)

    def update(self, call: ApiCall, key: str) -> Reply:
        """Refuse: a connection is removed and made anew."""
        raise no_such_path(call.method, key)

    def _find(self, call: ApiCall, key: str) -> Record:
        record = call.company.kind("voucherfileconnections").get(key)
        if record is None:
            # Observed live: 400 in lower case, though nothing was found (example obs-error-voucherfile-400).
            raise FortnoxError(2000704, "Filen kunde inte hittas.")
        return record
