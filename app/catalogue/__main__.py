"""`python -m app.catalogue [FILE]` writes the error catalogue, to docs/error-catalogue.md unless told otherwise."""

import sys
from pathlib import Path

from app.catalogue.page import catalogue_page

if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/error-catalogue.md")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(catalogue_page(), encoding="utf-8")
