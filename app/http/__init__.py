"""One HTTP kit for all platforms: explicit time-outs, a total budget, a size cap, and an outcome that is a type."""
