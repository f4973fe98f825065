"""Steps that attach a provider's own report to the voucher of its payout: uploaded once, connected once."""

from __future__ import annotations

from dataclasses import dataclass

from app.posting.references import Referenced, ReportRef


@dataclass(frozen=True, slots=True)
class UploadReport(Referenced):
    """The file goes into the inbox of vouchers. Nothing is idempotent there: it is looked for by its name."""

    name: str
    """Of this payout and this content, and of nothing else."""

    @property
    def ref(self) -> ReportRef:
        """Names the step."""
        return ReportRef()


@dataclass(frozen=True, slots=True)
class ConnectReport(Referenced):
    """The uploaded file belongs to this voucher from now on."""

    voucher: str
    """Its series and number, as people write them: `A12`."""
    year: int
    """Fortnox's id of its financial year: voucher numbers start again with each."""

    @property
    def ref(self) -> ReportRef:
        """Names the step."""
        return ReportRef(is_connection=True)

    @property
    def series(self) -> str:
        """The letters."""
        return self.voucher.rstrip("0123456789")

    @property
    def number(self) -> str:
        """The digits."""
        return self.voucher[len(self.series) :]
