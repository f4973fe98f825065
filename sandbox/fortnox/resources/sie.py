"""``/3/sie/{Type}``: the ledger as an SIE file (fortnox-api.md 3.15)."""

from sandbox.fortnox.api import ApiCall, no_such_path
from sandbox.fortnox.books.sie import write_sie
from sandbox.fortnox.errors import wrong_parameter
from sandbox.fortnox.resources.accounts import year_asked
from sandbox.fortnox.wire import Reply


class Sie:
    """SIE files, bytes in code page 437."""

    def answer(self, call: ApiCall) -> Reply:
        """Write the file of a year."""
        if call.method != "GET" or len(call.parts) != 1:
            raise no_such_path()
        if call.parts[0] not in {"1", "2", "3", "4"}:
            raise wrong_parameter()
        days = {"from_date": call.query.get("fromdate", ""), "to_date": call.query.get("todate", "9999")}
        content = write_sie(call.company, year_asked(call), int(call.parts[0]), **days)
        return Reply(200, content, kind="application/octet-stream")
