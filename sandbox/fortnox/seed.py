"""The registers that follow from a company's configuration: kind → function from configuration to documents."""

from collections.abc import Callable

from sandbox.fortnox.books.chart import PREDEFINED_ACCOUNTS
from sandbox.fortnox.config import CompanyConfig
from sandbox.fortnox.fields import Schema
from sandbox.fortnox.schemas import registers
from sandbox.fortnox.wire import Document

# Usual meaning of the series (fortnox-api.md 3.7): A by hand, B customer invoices, C their payments.
VOUCHER_SERIES_OF = {
    "MANUAL": "A",
    "INVOICE": "B",
    "INVOICEPAYMENT": "C",
    "SUPPLIERINVOICE": "D",
    "SUPPLIERPAYMENT": "E",
}
SERIES_NAMES = {
    "A": "Redovisning",
    "B": "Kundfakturor",
    "C": "Inbetalningar",
    "D": "Leverantörsfakturor",
    "E": "Utbetalningar",
    "Q": "Utbetalningsavräkningar",
}
_CURRENCY_NAMES = {"SEK": "Svensk krona", "EUR": "Euro", "NOK": "Norsk krona", "DKK": "Dansk krona", "USD": "US-dollar"}

Seed = Callable[[CompanyConfig], dict[str, Document]]


def _coded(schema: Schema, values: dict[str, str]) -> dict[str, Document]:
    return {code: schema.blank() | {"Code": code, "Description": text} for code, text in values.items()}


def _currencies(config: CompanyConfig) -> dict[str, Document]:
    return {
        code: registers.CURRENCY.blank()
        | {"Code": code, "Description": _CURRENCY_NAMES.get(code, code), "BuyRate": rate, "SellRate": rate}
        | {"Unit": config.currency_units.get(code, 1)}
        for code, rate in config.currencies.items()
    }


def _modes(config: CompanyConfig) -> dict[str, Document]:
    return {
        code: {"AccountNumber": str(account), "Code": code, "Description": code}
        for code, account in config.modes_of_payments.items()
    }


def _projects(config: CompanyConfig) -> dict[str, Document]:
    return {
        number: registers.PROJECT.blank() | {"ProjectNumber": number, "Description": text}
        for number, text in config.projects.items()
    }


def _series(config: CompanyConfig) -> dict[str, Document]:
    return {
        code: registers.VOUCHER_SERIES.blank()
        | {"Code": code, "Description": SERIES_NAMES.get(code, f"Serie {code}"), "Manual": manual}
        for code, manual in config.voucher_series.items()
    }


def _predefined(config: CompanyConfig) -> dict[str, Document]:
    accounts = PREDEFINED_ACCOUNTS | config.predefined_accounts
    return {name: {"Account": number, "Name": name} for name, number in accounts.items()}


SEEDS: dict[str, Seed] = {
    "predefinedaccounts": _predefined,
    "currencies": _currencies,
    "wayofdeliveries": lambda config: _coded(registers.WAY_OF_DELIVERY, config.ways_of_delivery),
    "termsofdeliveries": lambda config: _coded(registers.TERMS_OF_DELIVERY, config.terms_of_delivery),
    "termsofpayments": lambda config: _coded(registers.TERMS_OF_PAYMENT, config.terms_of_payment),
    "modesofpayments": _modes,
    "units": lambda config: _coded(registers.UNIT, config.units),
    "costcenters": lambda config: _coded(registers.COST_CENTER, config.cost_centers),
    "projects": _projects,
    "voucherseries": _series,
}
