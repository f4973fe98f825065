"""Looking for a report of ours: in the inbox by its name, and among a voucher's files by its id."""

from __future__ import annotations

from app.kit.http.outcome import Done
from app.ledgers.base import Company, Found, Looked, LookFailed, NotThere, StepContext
from app.ledgers.fortnox.client import FortnoxClient, ListFailedError
from app.ledgers.fortnox.render import Call
from app.posting.references import ReportRef
from app.posting.steps import ConnectReport, UploadReport


def find_report(
    client: FortnoxClient, company: Company, step: UploadReport | ConnectReport, context: StepContext
) -> Looked:
    """Whether a report was uploaded, or belongs to its voucher."""
    if isinstance(step, UploadReport):
        return _find_upload(client, company, step)
    return _find_connection(client, company, step, context)


def _find_upload(client: FortnoxClient, company: Company, step: UploadReport) -> Looked:
    """Whether the file lies in the inbox of vouchers; of several with its name any will do."""
    outcome = client.call(company, Call("GET", "/3/inbox/inbox_v"))
    if not isinstance(outcome, Done):
        return LookFailed(outcome)
    files = (outcome.data.get("Folder") or {}).get("Files") or ()
    file_ids = [str(file["Id"]) for file in files if file.get("Name") == step.name]
    return Found({"number": file_ids[0]}) if file_ids else NotThere()


def _find_connection(client: FortnoxClient, company: Company, step: ConnectReport, context: StepContext) -> Looked:
    """Whether the uploaded file is one of the voucher's."""
    file = str(context.results[ReportRef()]["number"])
    params = {"voucherseries": step.series, "vouchernumber": step.number, "voucheryear": str(step.year)}
    try:
        rows = list(client.pages(company, "/3/voucherfileconnections", "VoucherFileConnections", params))
    except ListFailedError as error:
        return LookFailed(error.outcome)
    return Found({"number": file}) if any(str(row["FileId"]) == file for row in rows) else NotThere()
