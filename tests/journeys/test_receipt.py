"""Filing, the receipt, the proof: a hazard is reported, its receipt waits, then proves itself, and so does the package."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from anlan.ledger.sequencer import Sequencer
from anlan.ledger.signing import own_signer, sign_newest
from anlan.ledger.standalone import anlan_verify
from anlan.org.models import Person
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def keys(settings: Any, tmp_path: Path) -> None:
    settings.ANLAN_KEYS_FOLDER, settings.ANLAN_EVIDENCE_FOLDER = str(tmp_path / "keys"), str(tmp_path / "evidence")
    (tmp_path / "keys").mkdir()


def proven(file: Path) -> subprocess.CompletedProcess[str]:
    """Verify a file as an inspector would: another process, without Anlan, with the key in hand."""
    command = [sys.executable, "-I", anlan_verify.__file__, str(file), "--key", str(own_signer().verifier)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_what_was_filed_proves_itself_outside(
    world: World, li: Person, open_page: Callable[..., Any], sign_in: Any, work: Callable[[], None], tmp_path: Path
) -> None:
    office = open_page()
    sign_in(office, li)
    office.goto("/at/A/2025/registers/hazard/new/")
    office.get_by_label("Found on").fill("2025-03-12")
    office.get_by_label("Area").select_option("fire")
    office.get_by_label("What was found").fill("Exit light out")
    office.get_by_role("button", name="Report a hazard").click()
    office.get_by_role("link", name="Its receipt").click()
    assert "It waits for its place in the log" in office.content()

    Sequencer().run()
    sign_newest()
    citizen = open_page(width=360)
    citizen.goto(office.url)
    assert "It stands in the log" in citizen.content()
    assert "Exit light out" not in citizen.content()
    assert citizen.evaluate("document.documentElement.scrollWidth") <= 360
    with citizen.expect_download() as download:
        citizen.get_by_role("link", name="Download the receipt").click()
    download.value.save_as(tmp_path / "receipt.json")
    assert proven(tmp_path / "receipt.json").returncode == 0
    citizen.goto("/receipt/")
    citizen.get_by_label("The file receipt.json").set_input_files(tmp_path / "receipt.json")
    citizen.get_by_role("button", name="Check", exact=True).click()
    citizen.get_by_text("It stands in the log").wait_for()

    office.goto("/at/A/2025/registers/")
    office.get_by_role("link", name="Archive packages").click()
    office.get_by_role("button", name="Make the package").click()
    work()
    with office.expect_download() as download:
        office.get_by_role("link", name="Download").click()
    download.value.save_as(tmp_path / "package.zip")
    told = proven(tmp_path / "package.zip")
    assert (told.returncode, "1 records, 1 entries" in told.stdout) == (0, True)
