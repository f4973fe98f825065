"""The pipeline: inbox, lanes, drain, journal, permits, sweep, preview."""
