"""`bokbro oss`: the figures of the OSS return, and the voucher of its payment. Nothing is sent to Fortnox."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

from app.cli.starting import FAILED, existing_tenant, running_program
from app.kit.money import Money, MoneyError
from app.periods.oss_figures import oss_documents, write_figures
from app.periods.oss_return import OssFigure, Quarter, figures_of, plan_payment, vat_to_pay
from app.posting.plan import Plan
from app.posting.vouchers import BOOKS_CURRENCY
from app.tenants.repository import load_rules
from app.tenants.rules import TenantRules

oss = typer.Typer(no_args_is_help=True, help="The OSS return: figures and payment.")

Rates = Annotated[list[str], typer.Option(help="ECB rate of the quarter's last day: SEK=10.99 (units for one euro)")]


@oss.command()
def figures(company: str, quarter: str, rate: Rates = [], csv: Path | None = None) -> None:  # noqa: B006 - typer's way
    """Show base and VAT per country and rate of a quarter (`2026-Q4`), and write them as a file with --csv."""
    sales, _rules = _read(company, quarter, rate)
    if csv is not None:
        csv.write_text(write_figures(sales), encoding="utf-8")
    typer.echo(write_figures(sales).rstrip())
    euro = vat_to_pay(sales)
    if euro is None:
        lacking = sorted({sale.vat.currency for sale in sales if sale.vat_eur is None})
        typer.echo(f"No rate of the quarter's last day: {', '.join(lacking)}. Give it with --rate.", err=True)
        raise typer.Exit(FAILED)
    typer.echo(f"To pay: {euro}")


@oss.command()
def payment(company: str, quarter: str, paid_on: str, kronor: str, rate: Rates = []) -> None:  # noqa: B006
    """Show the voucher of the payment: what it cost in kronor, and when it left the bank. You enter it yourself."""
    sales, rules = _read(company, quarter, rate)
    try:
        paid, day = Money.of(kronor.replace(",", "."), BOOKS_CURRENCY), date.fromisoformat(paid_on)
    except (MoneyError, ValueError) as error:
        raise typer.BadParameter(str(error)) from error
    plan = plan_payment(Quarter.named(quarter), sales, day, paid, rules)
    if not isinstance(plan, Plan):
        for finding in plan.findings:
            typer.echo(f"{finding.code}: {finding.about}", err=True)
        raise typer.Exit(FAILED)
    (voucher,) = plan.manual_entries
    typer.echo(f"{voucher.day} {voucher.text}")
    for row in voucher.rows:
        typer.echo(f"{row.account};{row.debit.decimal};{row.credit.decimal}")


def _read(company: str, quarter: str, rate: list[str]) -> tuple[tuple[OssFigure, ...], TenantRules]:
    try:
        period = Quarter.named(quarter)
        rates = dict(_pair(text) for text in rate)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    with running_program() as program, program.store.read() as session:
        tenant_id = existing_tenant(session, company)
        documents = oss_documents(session, tenant_id, period)
        rules = load_rules(session, tenant_id)
    return figures_of(period, documents, rates), rules


def _pair(text: str) -> tuple[str, Decimal]:
    """`SEK=10.99`. Raises ValueError."""
    currency, _equals, value = text.partition("=")
    try:
        number = Decimal(value.replace(",", "."))
    except InvalidOperation as error:
        raise ValueError(f"no rate: {text!r}") from error
    if not number.is_finite() or number <= 0:
        raise ValueError(f"no rate: {text!r}")
    return currency.strip().upper(), number
