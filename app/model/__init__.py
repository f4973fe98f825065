"""What shops and payment providers report, in our own words: orders, payouts, disputes, findings, answers."""
