"""The pipeline's bench, for tests that kill workers."""

from tests.pipeline.conftest import bench, emulators, served

__all__ = ["bench", "emulators", "served"]
