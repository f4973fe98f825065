"""What is installed from the wheel: the service and its command, without the emulators."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ALONE = """
import os, sys
checkouts = [path for path in sys.path if os.path.isdir(os.path.join(path or ".", "sandbox"))]
sys.path = [{target!r}, *(path for path in sys.path if path not in ("", *checkouts))]
from app.cli import main
sys.argv = ["bokbro", *{arguments!r}]
main()
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=ROOT, check=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


def bokbro(installed: Path, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The installed command, in a process that cannot see the repository."""
    code = ALONE.format(target=str(installed), arguments=list(arguments))
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)


def test_wheel_holds_the_service_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    assert {name for name in tops if not name.endswith(".dist-info")} == {"app", "workers", "migrations"}
    assert any(name.startswith("app/web/templates/") for name in names)
    assert any(name.startswith("app/catalogue/findings/") for name in names)
    assert any(name.startswith("migrations/versions/2") for name in names)


def test_installed_command_offers_only_what_works_there(installed: Path, tmp_path: Path) -> None:
    shown = bokbro(installed, "--help", folder=tmp_path)
    assert shown.returncode == 0, shown.stderr
    commands = {line.split()[1] for line in shown.stdout.splitlines() if line.startswith("│ ") and line[2] != " "}
    assert {"serve", "migrate", "doctor", "preview", "backup", "restore"} <= commands
    assert not {"demo", "sandbox"} & commands


def test_installed_command_says_that_the_demo_is_not_there(installed: Path, tmp_path: Path) -> None:
    refused = bokbro(installed, "demo", folder=tmp_path)
    assert refused.returncode == 2
    assert "No such command 'demo'" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_command_of_the_repository_has_the_demo() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "app.cli", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "demo" in shown.stdout
    assert "sandbox" in shown.stdout
