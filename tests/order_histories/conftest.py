"""The stage that histories are played on."""

from tests.support.case_stage import stage

__all__ = ("stage",)
