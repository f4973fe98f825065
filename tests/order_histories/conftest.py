"""The stage that histories are played on."""

from tests.case_stage import stage

__all__ = ("stage",)
