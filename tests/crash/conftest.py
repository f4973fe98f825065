"""The pipeline's bench, for tests that kill workers."""

from tests.pipeline.conftest import bench, emulators, kept_registers, qliro, qliro_shop, qliros_server, served

__all__ = ["bench", "emulators", "kept_registers", "qliro", "qliro_shop", "qliros_server", "served"]
