"""`python -m sandbox.payout_cases FILE`: exit status 0 only if every file that expects something came out equal."""

import sys

from sandbox.payout_cases.running import run
from sandbox.stories.command import main

if __name__ == "__main__":
    sys.exit(main(run, "sandbox.payout_cases", __doc__, "a settlement file, or a folder of them"))
