"""From a plan to the ledger: pre-flight, the posting log, the execution of steps."""
