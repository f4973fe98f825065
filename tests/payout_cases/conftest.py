"""The stage that settlement files are played on."""

from tests.support.case_stage import stage

__all__ = ("stage",)
