"""`make chaos`: real processes, broken as the seed says, in both modes; exits with 1 when anything differs."""

from __future__ import annotations

import argparse
import random
import sys
import time

from tests.chaos.run import Outcome, Plan, run


def main() -> int:
    """Run what was asked for and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--seed", type=int, default=None, help="drawn and printed when not given")
    parser.add_argument("--orders", type=int, default=200, help="of the scaled run; the embedded one has a quarter")
    parser.add_argument("--mode", choices=("scaled", "embedded", "both"), default="both")
    parser.add_argument("--broker", default="", help="URL in place of the run's own Redis, such as amqp://…")
    parser.add_argument("--pace", type=float, default=6.0, help="things that happen in the shops, a second")
    parser.add_argument("--without", action="append", default=[], help="kind of blow to leave out, such as clock")
    asked = parser.parse_args()
    seed = asked.seed if asked.seed is not None else random.SystemRandom().randrange(1_000_000)
    print(f"SEED={seed}", flush=True)
    patience = max(600.0, asked.orders)
    without = frozenset(asked.without)
    plans = [
        Plan("scaled", seed, asked.orders, asked.pace, patience=patience, broker=asked.broker, without=without),
        Plan("embedded", seed, max(asked.orders // 4, 1), asked.pace, 40.0, patience, without=without),
    ]
    started = time.monotonic()
    outcomes = [run(plan, _tell) for plan in plans if asked.mode in (plan.mode, "both")]
    for one in outcomes:
        print(_table(one), flush=True)
    print(f"SEED={seed}, {time.monotonic() - started:.0f} s", flush=True)
    return 1 if any(outcome.wrong for outcome in outcomes) else 0


def _tell(line: str) -> None:
    print(line, flush=True)


def _table(outcome: Outcome) -> str:
    healed = ", ".join(f"{seconds:.0f}" for seconds in outcome.healed)
    blows = ", ".join(f"{kind} {times}" for kind, times in sorted(outcome.blows.items()))
    rows = {
        "orders": str(outcome.orders),
        "blows": blows,
        "calls spoiled": str(outcome.spoiled_calls),
        "clocks set wrong": "yes" if outcome.clocks and "clock" in outcome.blows else "no",
        "quiet day, storm, s": f"{outcome.quiet_seconds:.0f}, {outcome.storm_seconds:.0f}",
        "healed after, s": healed,
        "longest stop, s": f"{outcome.longest_stop:.1f}",
        "differences": str(len(outcome.wrong)),
    }
    return f"{outcome.mode}\n" + "\n".join(f"  {name:20} {value}" for name, value in rows.items())


if __name__ == "__main__":
    sys.exit(main())
