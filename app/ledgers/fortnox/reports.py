"""Reports of providers: a file in the inbox, found by its name, and its connection to a voucher, found by its id."""

from __future__ import annotations

from app.kit.http.outcome import Done
from app.ledgers.base import Company, Found, Looked, LookFailed, NotThere, Results, Sent, StepContext
from app.ledgers.fortnox.call import Call, Context, Upload
from app.ledgers.fortnox.client import FortnoxClient, ListFailedError
from app.posting.references import ReportRef
from app.posting.steps import ConnectReport, UploadReport


def build_upload(step: UploadReport, context: Context) -> Call:
    """The request that uploads the file."""
    return Call("POST", "/3/inbox?path=inbox_v", file=Upload(step.name, context.file))


def build_connection(step: ConnectReport, context: Context) -> Call:
    """The request that connects the file to its voucher."""
    connection = {
        "FileId": str(context.results[ReportRef()]["number"]),
        "VoucherNumber": step.number,
        "VoucherSeries": step.series,
        "VoucherYear": step.year,
    }
    return Call("POST", "/3/voucherfileconnections", {"VoucherFileConnection": connection})


def find_upload(client: FortnoxClient, company: Company, step: UploadReport, _context: StepContext) -> Looked:
    """Whether the file lies in the inbox of vouchers; of several with its name any will do."""
    outcome = client.call(company, Call("GET", "/3/inbox/inbox_v"))
    if not isinstance(outcome, Done):
        return LookFailed(outcome)
    files = (outcome.data.get("Folder") or {}).get("Files") or ()
    file_ids = [str(file["Id"]) for file in files if file.get("Name") == step.name]
    return Found({"number": file_ids[0]}) if file_ids else NotThere()


def find_connection(client: FortnoxClient, company: Company, step: ConnectReport, context: StepContext) -> Looked:
    """Whether the uploaded file is one of the voucher's."""
    file = str(context.results[ReportRef()]["number"])
    params = {"voucherseries": step.series, "vouchernumber": step.number, "voucheryear": str(step.year)}
    try:
        rows = list(client.pages(company, "/3/voucherfileconnections", "VoucherFileConnections", params))
    except ListFailedError as error:
        return LookFailed(error.outcome)
    return Found({"number": file}) if any(str(row["FileId"]) == file for row in rows) else NotThere()


def read_upload(_step: UploadReport, done: Done, _results: Results) -> Sent:
    """Fortnox's id of the file."""
    return Sent(done, {"number": str(done.data["File"]["Id"])})


def read_connection(_step: ConnectReport, done: Done, _results: Results) -> Sent:
    """Fortnox's id of the file, which the connection names."""
    return Sent(done, {"number": str(done.data["VoucherFileConnection"]["FileId"])})
