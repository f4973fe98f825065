"""Files attached to invoices and orders (fortnox-api.md 3.14).

They are named by ArchiveFileId and must lie in the inbox folder of their kind of document.
"""

from typing import Any
from uuid import uuid4

from sandbox.fortnox.api import ApiCall, no_such_path
from sandbox.fortnox.company import Record
from sandbox.fortnox.errors import WebError
from sandbox.fortnox.wire import Document, Reply

# entityType → (kind of document, inbox folder)
_ENTITIES = {"F": ("invoices", "inbox_kf"), "O": ("orders", "inbox_o"), "OF": ("offers", "inbox_of")}
_TYPES = frozenset({"OF", "O", "F", "C", "LGR_IO", "LGR_IG"})
_WRITABLE = frozenset({"includeOnSend"})
_MANDATORY = ("entityId", "entityType", "fileId")
_PER_REQUEST = 100


class Attachments:
    """``/api/fileattachments/attachments-v1``."""

    def answer(self, call: ApiCall) -> Reply:
        """Answer a call."""
        if call.parts[:1] != ("attachments-v1",):
            raise no_such_path()
        match call.method, call.parts[1:]:
            case "GET", ():
                return self._list(call)
            case "POST", ():
                return self._attach(call)
            case "GET", ("numberofattachments",):
                return self._count(call)
            case "POST", ("validateincludedonsend",):
                return self._validate(call)
            case "PUT", (key,):
                return self._update(call, key)
            case "DELETE", (key,):
                del call.company.kind("attachments")[_find(call, key).key]
                return Reply(204, None)
            case _:
                raise no_such_path()

    def _list(self, call: ApiCall) -> Reply:
        kind, number = _asked(call, "entityid")
        return Reply(200, [record.fields for record in _of(call, kind, number[0])])

    def _count(self, call: ApiCall) -> Reply:
        kind, numbers = _asked(call, "entityids")
        counts = [{"entityId": int(n), "numberOfAttachments": len(_of(call, kind, n))} for n in numbers]
        return Reply(200, counts)

    def _attach(self, call: ApiCall) -> Reply:
        sent = _sent(call)
        if len({(one.get("entityType"), one.get("entityId")) for one in sent}) > 1:
            raise WebError("mixed_documents", "All attachments must belong to one document")
        for one in sent:
            _check(call, one)
        kind, number = sent[0]["entityType"], str(sent[0]["entityId"])
        if len(_of(call, kind, number)) + len(sent) > call.switches.attachments_per_document:
            raise WebError("attachment_files_max_count_exceeded", "Too many attachments on the document")
        made = [_add(call, document) for document in sent]
        return Reply(201, [record.fields for record in made])

    def _validate(self, call: ApiCall) -> Reply:
        for document in _sent(call):
            _check(call, document)
        return Reply(204, None)

    def _update(self, call: ApiCall, key: str) -> Reply:
        record = _find(call, key)
        if not isinstance(call.body, dict):
            raise WebError("no_attachment_provided", "No attachment was provided")
        if call.body.get("id", key) != key:
            raise WebError("mismatch_attachment_id", "The id in the body is not that of the path")
        for name, value in call.body.items():
            if name not in _WRITABLE and record.fields.get(name) != value:
                raise WebError("field_not_writable", f"{name} cannot be changed")
        record.fields["includeOnSend"] = bool(call.body.get("includeOnSend", record.fields["includeOnSend"]))
        return Reply(200, record.fields)


def _sent(call: ApiCall) -> list[Document]:
    body: Any = call.body
    if not isinstance(body, list) or not body or not all(isinstance(one, dict) for one in body):
        raise WebError("no_attachment_provided", "No attachment was provided")
    if len(body) > _PER_REQUEST:
        raise WebError("too_many_attachments_in_one_request", "Too many attachments in one request")
    return body


def _asked(call: ApiCall, name: str) -> tuple[str, list[str]]:
    kind, numbers = call.query.get("entitytype", ""), call.query.get(name, "").split(",")
    if kind not in _TYPES or not all(number.isdecimal() for number in numbers):
        raise WebError("missing_mandatory_field", f"{name} and entitytype must be given")
    return kind, numbers


def _check(call: ApiCall, document: Document) -> None:
    for name in _MANDATORY:
        if document.get(name) in {None, ""}:
            raise WebError("missing_mandatory_field", f"{name} is missing")
    kind, folder = _ENTITIES.get(document["entityType"], ("", ""))
    if str(document["entityId"]) not in call.company.kind(kind):
        raise WebError("document_not_found", "The document was not found", status=404)
    files = call.company.kind("files").values()
    file = next((file for file in files if file.fields["ArchiveFileId"] == document["fileId"]), None)
    if file is None:
        raise WebError("file_not_found", "The file was not found", status=404)
    if file.hidden["place"] == "inbox" and file.fields["Path"] != folder:
        raise WebError("wrong_file_location", f"The file must lie in {folder}")
    if file.fields["Size"] > call.switches.attachment_bytes:
        raise WebError("file_too_big", "The file is too big")


def _add(call: ApiCall, document: Document) -> Record:
    key = str(uuid4())
    fields: Document = {
        "entityId": int(document["entityId"]),
        "entityType": document["entityType"],
        "fileId": document["fileId"],
        "id": key,
        "includeOnSend": bool(document.get("includeOnSend", False)),
    }
    return call.company.add("attachments", key, fields)


def _of(call: ApiCall, kind: str, number: str) -> list[Record]:
    records = call.company.kind("attachments").values()
    return [
        record for record in records if (record.fields["entityType"], str(record.fields["entityId"])) == (kind, number)
    ]


def _find(call: ApiCall, key: str) -> Record:
    record = call.company.kind("attachments").get(key)
    if record is None:
        raise WebError("attachment_not_found", "The attachment was not found", status=404)
    return record
