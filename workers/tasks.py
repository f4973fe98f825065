"""The tasks: each is a wrapper of a few lines, safe to run zero, one or five times."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from celery import Task, shared_task
from sqlalchemy.exc import SQLAlchemyError

from app.wiring import Program, current_program


def _notification(name: str) -> Callable[[Callable[[Program], None]], Task[[], None]]:
    """A task on the program of its process. While the database is away it ends quietly: the clock starts it again."""

    def made(work: Callable[[Program], None]) -> Task[[], None]:
        @shared_task(name=name)
        def task() -> None:
            program = current_program()
            try:
                work(program)
            except SQLAlchemyError as error:
                if not program.store.outages.note(error):
                    raise

        return task

    return made


@_notification(name="bokbro.drain")
def worker(program: Program) -> None:
    """Work on due jobs."""
    if program.worker.run() == program.batch_size:
        program.notifier.notify()  # there is more: notify again rather than keep this worker


@_notification(name="bokbro.sweep")
def sweep(program: Program) -> None:
    """Notify for all jobs that are due."""
    program.scheduler.sweep()


@_notification(name="bokbro.recheck_registers")
def recheck_registers(program: Program) -> None:
    """Look whether the cause of stopped orders has been fixed in Fortnox."""
    if program.schedule.take("recheck_registers", timedelta(minutes=10)):
        program.scheduler.recheck_registers()


@_notification(name="bokbro.recover_polls")
def recover_polls(program: Program) -> None:
    """Make the polls that connections lack, and forget old notices of platforms."""
    program.polls.recover()
    if program.schedule.take("forget_old_notices"):
        program.scheduler.forget_old_notices()


@_notification(name="bokbro.keep_grants_alive")
def keep_grants_alive(program: Program) -> None:
    """Renew grants that were not used for long, before they expire."""
    if program.schedule.take("keep_grants_alive"):
        program.scheduler.keep_grants_alive()


@_notification(name="bokbro.watch_folder")
def watch_folder(program: Program) -> None:
    """Import the payout files in the watched folder."""
    program.settlement_folder.run()


@_notification(name="bokbro.check_vat_numbers")
def check_vat_numbers(program: Program) -> None:
    """Ask VIES for the VAT numbers of buyers in other EU countries."""
    program.vat_numbers.run()


@_notification(name="bokbro.compare_ledgers")
def compare_ledgers(program: Program) -> None:
    """Read the books whole and compare them with what was expected."""
    if program.schedule.take("compare_ledgers"):
        program.scheduler.compare_ledgers()


@_notification(name="bokbro.close_months")
def close_months(program: Program) -> None:
    """Move what was not delivered over the end of the month, for those who want it."""
    if program.schedule.take("close_months"):
        program.scheduler.close_months()


@_notification(name="bokbro.look_at_waiting")
def look_at_waiting(program: Program) -> None:
    """Make due the orders that have waited for their money for more than a day: they get a finding."""
    if program.schedule.take("look_at_waiting"):
        program.scheduler.look_at_waiting()


@_notification(name="bokbro.look_at_documents")
def look_at_documents(program: Program) -> None:
    """Look at what somebody else did to our documents."""
    if program.schedule.take("look_at_documents"):
        program.scheduler.look_at_documents()
