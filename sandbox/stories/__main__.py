"""`python -m sandbox.stories FILE`: exit status 0 only if every file that expects something came out equal."""

import sys

from sandbox.stories.command import main
from sandbox.stories.running import run

if __name__ == "__main__":
    sys.exit(main(run, "sandbox.stories", __doc__, "a file of an order's states, or a folder of them"))
