"""The tasks: each is a wrapper of a few lines, safe to run zero, one or five times."""

from __future__ import annotations

from celery import shared_task

from app.wiring import current_program


@shared_task(name="bokbro.drain")
def drain() -> None:
    """Work on due lanes."""
    program = current_program()
    if program.drain.run() == program.lanes_per_bell:
        program.doorbell.ring()  # there is more: let the bell ring again rather than own this worker


@shared_task(name="bokbro.sweep")
def sweep() -> None:
    """Ring for whatever is due."""
    current_program().clockwork.sweep()


@shared_task(name="bokbro.recheck_registers")
def recheck_registers() -> None:
    """Look whether what stopped orders has been mended in Fortnox."""
    current_program().clockwork.recheck_registers()


@shared_task(name="bokbro.backfill")
def backfill() -> None:
    """Find orders whose webhooks never came, and shops that do not let us read all we need."""
    current_program().clockwork.backfill()
    current_program().clockwork.check_scopes()


@shared_task(name="bokbro.keep_grants_alive")
def keep_grants_alive() -> None:
    """Renew what nobody has used for long, before it dies."""
    program = current_program()
    if program.schedule.take("keep_grants_alive"):
        program.clockwork.keep_grants_alive()


@shared_task(name="bokbro.poll_payouts")
def poll_payouts() -> None:
    """Ask Qliro and the shops for their payouts."""
    current_program().poll_due_payouts()


@shared_task(name="bokbro.watch_folder")
def watch_folder() -> None:
    """Import the settlement files that lie in the watched folder."""
    current_program().settlement_folder.run()


@shared_task(name="bokbro.check_vat_numbers")
def check_vat_numbers() -> None:
    """Ask VIES for the VAT numbers of buyers in other EU countries."""
    current_program().vat_numbers.run()


@shared_task(name="bokbro.compare_ledgers")
def compare_ledgers() -> None:
    """Read the books whole and compare them with what was expected."""
    program = current_program()
    if program.schedule.take("compare_ledgers"):
        program.clockwork.compare_ledgers()


@shared_task(name="bokbro.close_months")
def close_months() -> None:
    """Move what was not delivered over the end of the month, for those who want it."""
    program = current_program()
    if program.schedule.take("close_months"):
        program.clockwork.close_months()


@shared_task(name="bokbro.look_at_waiting")
def look_at_waiting() -> None:
    """Orders that have come to wait for their money for more than a day say so."""
    program = current_program()
    if program.schedule.take("look_at_waiting"):
        program.clockwork.look_at_waiting()


@shared_task(name="bokbro.look_at_documents")
def look_at_documents() -> None:
    """Look at what other hands did to our documents."""
    program = current_program()
    if program.schedule.take("look_at_documents"):
        program.clockwork.look_at_documents()
