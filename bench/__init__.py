"""Benchmarks, each against a control in the same run."""
