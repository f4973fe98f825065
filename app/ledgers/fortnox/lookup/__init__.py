"""Looking for what may stand in Fortnox already: after a lost answer, a restored database, or others' work."""
