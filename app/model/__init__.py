"""The model of what shops and payment providers report: orders, payouts, disputes, findings, answers."""
