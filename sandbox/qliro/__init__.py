"""A Qliro that answers like the Admin API, as far as public material tells (qliro-api.md 1, 4, 5, appendix A)."""
