"""The activation page, in Swedish, plain HTML without JavaScript."""

from html import escape

from sandbox.fortnox.config import ClientConfig, CompanyConfig

_SCOPE_WORDS = {
    "companyinformation": "Företagsinformation",
    "settings": "Inställningar",
    "customer": "Kunder",
    "article": "Artiklar",
    "invoice": "Kundfakturor",
    "order": "Order",
    "payment": "Betalningar",
    "price": "Priser",
    "bookkeeping": "Bokföring",
    "currency": "Valutor",
    "costcenter": "Kostnadsställen",
    "project": "Projekt",
    "profile": "Användarprofil",
    "connectfile": "Filkopplingar",
    "warehouse": "Lager",
}
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;background:#f3f5f4;color:#18211d;margin:0}"
    "main{max-width:32rem;margin:8vh auto;background:#fff;padding:2rem 2.5rem;border:1px solid #d5dcd8}"
    "h1{font-size:1.4rem}fieldset{border:1px solid #d5dcd8;margin:1rem 0}label{display:block;padding:.25rem 0}"
    "button{font:inherit;padding:.6rem 1.2rem;margin-right:.75rem;border:1px solid #0b6b3a;background:#fff}"
    "button[value=approve]{background:#0b6b3a;color:#fff}small{color:#56635c}"
)


def _page(title: str, content: str) -> str:
    return (
        f'<!DOCTYPE html><html lang="sv"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body><main><h1>{escape(title)}</h1>{content}<p><small>Fortnox-emulator, ingen riktig tjänst.</small></p>"
        "</main></body></html>"
    )


def activation_page(
    client: ClientConfig, companies: list[CompanyConfig], scopes: list[str], hidden: dict[str, str], *, service: bool
) -> str:
    """Ask the user to let a client into a company."""
    words = "".join(f"<li>{escape(_SCOPE_WORDS.get(scope, scope))}</li>" for scope in scopes)
    inputs = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in hidden.items()
    )
    account = "<p>Integrationen får ett servicekonto i företaget.</p>" if service else ""
    return _page(
        "Aktivering",
        f"<p><strong>{escape(client.name)}</strong> vill koppla till Fortnox och får tillgång till:</p><ul>{words}</ul>"
        f'{account}<form method="post" action="/oauth-v1/auth">{inputs}{_chooser(companies)}'
        '<button type="submit" name="action" value="approve">Godkänn &amp; aktivera</button>'
        '<button type="submit" name="action" value="deny">Avbryt</button></form>',
    )


def _chooser(companies: list[CompanyConfig]) -> str:
    if len(companies) == 1:
        only = companies[0]
        return (
            f"<p>Företag: <strong>{escape(only.name)}</strong> ({escape(only.organisation_number)})</p>"
            f'<input type="hidden" name="company" value="{only.database_number}">'
        )
    choices = "".join(
        f'<label><input type="radio" name="company" value="{company.database_number}"{" checked" if not index else ""}>'
        f" {escape(company.name)} ({escape(company.organisation_number)})</label>"
        for index, company in enumerate(companies)
    )
    return f"<fieldset><legend>Välj företag</legend>{choices}</fieldset>"


def error_page(message: str) -> str:
    """Tell the user that the activation cannot begin; there is no redirect then."""
    return _page("Aktivering misslyckades", f"<p>{escape(message)}</p>")
