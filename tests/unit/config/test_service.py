"""The unit file that docs/operations.md shows: systemd reads it without complaint, and it closes what can be closed."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[3] / "docs" / "operations.md"


def unit() -> str:
    found = re.search(r"```ini\n(\[Unit\].*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def test_the_unit_file_keeps_files_private_and_waits_longer_than_the_server():
    text = unit()
    for line in (
        "UMask=0077",
        "StateDirectoryMode=0700",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "TimeoutStopSec=30",
    ):
        assert line in text.splitlines()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_reads_the_unit_file_without_complaint(tmp_path):
    text = unit().replace("/opt/anlan/.venv/bin/anlan serve --no-demo", sys.executable).replace("=anlan\n", "=root\n")
    (tmp_path / "anlan.service").write_text(text)

    done = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / "anlan.service")], capture_output=True, text=True, check=False
    )

    said = [line for line in done.stderr.splitlines() if "anlan.service" in line]
    assert (done.returncode, said) == (0, [])
