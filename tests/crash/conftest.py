"""The pipeline's bench, for tests that kill workers."""

from tests.pipeline.conftest import bench, emulators, qliro, qliro_shop, qliros_server, served

__all__ = ["bench", "emulators", "qliro", "qliro_shop", "qliros_server", "served"]
