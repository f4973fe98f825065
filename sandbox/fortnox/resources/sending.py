"""Sending and printing documents, and what stands in their way in a new company (fortnox-api.md 4 #31 and 5)."""

from sandbox.fortnox.api import ApiCall
from sandbox.fortnox.company import Record
from sandbox.fortnox.errors import forbidden, refused
from sandbox.fortnox.wire import Reply

# Enough of a PDF for a client that looks at its first bytes.
PDF = b"%PDF-1.4\n%sandbox\n%%EOF\n"


def check_licence(call: ApiCall) -> None:
    """Refuse to send for a company that only its agency has a licence for: it books, and does not send.

    "To send an invoice (regardless of distribution method), the entrepreneur must have the Invoicing license"
    (fortnox.se/developer, "Important change in the Fortnox API"). The refusal itself was never told.
    """
    if call.company.config.may_send:
        return
    status = call.switches.permission_status
    if call.switches.may_not_send == "licence":
        raise forbidden(2001101, "Det finns ingen aktiv licens för önskat scope", status)
    raise forbidden(2003275, "Saknar behörighet för att skicka fakturor.", status)


def check_sending(call: ApiCall) -> None:
    """Refuse to print or send for a company without bank details."""
    if not call.company.config.bank_details:
        raise refused("Bankuppgifter saknas")


def check_print_service(call: ApiCall) -> None:
    """Refuse what goes through the print service for a company that has not registered there."""
    check_licence(call)
    check_sending(call)
    if not call.company.config.print_service:
        raise refused("Kan inte skicka dokument om inte företaget är registrerat")


def send_mail(call: ApiCall, kind: str, record: Record) -> None:
    """Send a mail, each time anew: there is nothing idempotent about it (fortnox-api.md 2.7)."""
    check_licence(call)
    check_sending(call)
    information = record.fields["EmailInformation"]
    if not information["EmailAddressTo"]:
        raise refused("E-postadress saknas.")
    subject = (information["EmailSubject"] or "").replace("{no}", record.key)
    call.company.mails.append(
        {"kind": kind, "number": record.key, "to": information["EmailAddressTo"], "subject": subject}
    )


def mark_sent(call: ApiCall, record: Record) -> Record:
    """Mark a document as sent without sending anything."""
    record.fields["Sent"] = True
    call.company.touch(record)
    return record


def print_out(call: ApiCall, record: Record) -> Reply:
    """Give a PDF; printing marks the document as sent, a preview does not."""
    check_sending(call)
    if call.parts[1] == "print":
        mark_sent(call, record)
    return Reply(200, PDF)
