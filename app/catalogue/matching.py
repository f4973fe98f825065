"""From a ledger's answer to a code.

Fortnox's numbers alone mislead (2000637 means a taken customer number to Fortnox and an empty name to others; 2001411
and 2001412 both stand for two faults), so number and words are weighed together and the heaviest rule wins.
"""

from app.catalogue.entries import Entry
from app.catalogue.loading import CATALOGUE


def match_refusal(ledger: str, number: int | None, message: str | None, status: int | None) -> Entry | None:
    """Find the entry that explains an answer of a ledger, or None when nobody has explained it yet.

    `number` and `message` are the ledger's own (Fortnox: `ErrorInformation.Code` and its text, or the word of an OAuth
    error), `status` is the HTTP status; each may be unknown. On None the caller reports number and message.
    """
    words = message or ""
    fitting = [
        (rule.weight, entry)
        for entry in CATALOGUE.values()
        for rule in entry.refusals.get(ledger, ())
        if rule.fits(number, words, status)
    ]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None
