"""Who the company and the user are, and the locked period (fortnox-api.md 1.4, 3.8, 3.11)."""

from sandbox.fortnox.api import ApiCall, no_such_path
from sandbox.fortnox.wire import Document, Reply


def _only_get(call: ApiCall, *parts: str) -> None:
    if call.method != "GET" or call.parts != parts:
        raise no_such_path()


class CompanyInformation:
    """``/3/companyinformation``; DatabaseNumber is a number here."""

    def answer(self, call: ApiCall) -> Reply:
        """Show the company."""
        _only_get(call)
        config = call.company.config
        body: Document = {
            "Address": config.address,
            "City": config.city,
            "CountryCode": "SE",
            "DatabaseNumber": config.database_number,
            "CompanyName": config.name,
            "OrganizationNumber": config.organisation_number,
            "VisitAddress": "",
            "VisitCity": "",
            "VisitCountryCode": "",
            "VisitZipCode": "",
            "ZipCode": config.zip_code,
        }
        return Reply(200, {"CompanyInformation": body})


class Settings:
    """``/3/settings/company`` and ``/3/settings/lockedperiod``; DatabaseNumber is a text here."""

    def answer(self, call: ApiCall) -> Reply:
        """Show the settings."""
        if call.parts == ("lockedperiod",):
            _only_get(call, "lockedperiod")
            locked = call.company.config.locked_until
            return Reply(200, {"LockedPeriod": {"EndDate": locked.isoformat() if locked else None}})
        _only_get(call, "company")
        return Reply(200, {"CompanySettings": _settings(call)})


class Me:
    """``/3/me``."""

    def answer(self, call: ApiCall) -> Reply:
        """Show the user behind the token."""
        _only_get(call)
        user = call.user
        body = {
            "Id": user.id,
            "Name": user.name,
            "Email": user.email,
            "SysAdmin": user.sys_admin,
            "Locale": user.locale,
        }
        return Reply(200, {"Me": body})


def _settings(call: ApiCall) -> Document:
    config = call.company.config
    digits = config.organisation_number.replace("-", "")
    blank = [
        "BG",
        "BIC",
        "BranchCode",
        "ContactFirstName",
        "ContactLastName",
        "Fax",
        "IBAN",
        "PG",
        "Phone1",
        "Phone2",
        "VisitAddress",
        "VisitCity",
        "VisitCountry",
        "VisitCountryCode",
        "VisitName",
        "VisitZipCode",
        "WWW",
    ]
    fields: Document = dict.fromkeys(blank, "") | {
        "Address": config.address,
        "City": config.city,
        "Country": "Sverige",
        "CountryCode": "SE",
        "DatabaseNumber": str(config.database_number),
        "Domicile": config.city,
        "Email": config.user.email,
        "Name": config.name,
        "OrganizationNumber": config.organisation_number,
        "TaxEnabled": config.tax_enabled,
        "VATNumber": f"SE{digits}01" if config.tax_enabled else "",
        "ZipCode": config.zip_code,
    }
    return dict(sorted(fields.items()))
