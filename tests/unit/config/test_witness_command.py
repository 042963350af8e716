"""`anlan witness`: checkpoints carried by file between a log and a witness whose networks are apart."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from anlan.ledger.cosignature import own_cosigner
from anlan.ledger.models import TreeHead, Witness
from anlan.ledger.sequencer import Sequencer
from anlan.ledger.signing import own_signer, sign_newest
from config.command import main
from config.prepare import prepare
from tests.unit.ledger.log import write
from tests.unit.ledger.yesterday import copied, put_back

pytestmark = [pytest.mark.database, pytest.mark.django_db]
NAME = "anlan.local/ledger/witness"


@pytest.fixture
def files(settings: Any, tmp_path: Path) -> Path:
    settings.ANLAN_KEYS_FOLDER = str(tmp_path)
    settings.ANLAN_WITNESSES = str(own_cosigner().key)
    grow(20)
    return tmp_path


def grow(count: int) -> None:
    write(count)
    Sequencer().run(clock=lambda: dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=TreeHead.objects.count()))
    sign_newest()


def anlan(*words: Any) -> int:
    return main(["witness", *map(str, words)])


def test_a_checkpoint_goes_to_the_witness_and_back(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert anlan("add-log", "anlan.local/ledger", own_signer().verifier) == 0
    assert anlan("offer", files / "offer.txt") == 0
    assert anlan("cosign", files / "offer.txt", files / "back.txt") == 0
    assert anlan("accept", files / "back.txt") == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"Cosigned by {NAME}."
    grow(5)
    assert anlan("offer", files / "offer.txt", "--witness", NAME) == 0
    assert (files / "offer.txt").read_text().startswith("old 20\n")
    assert anlan("cosign", files / "offer.txt", files / "back.txt") == 0
    assert anlan("accept", files / "back.txt") == 0
    assert Witness.objects.get().size == 25


def test_the_witnesss_key_is_printed(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert anlan("key") == 0
    assert capsys.readouterr().out == f"{own_cosigner().key}\n"


def test_after_a_lost_file_the_witnesss_newest_checkpoint_helps(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    anlan("add-log", "anlan.local/ledger", own_signer().verifier)
    anlan("offer", files / "offer.txt")
    anlan("cosign", files / "offer.txt", files / "lost.txt")
    grow(5)
    anlan("offer", files / "offer.txt")
    assert anlan("cosign", files / "offer.txt", files / "back.txt") == 2
    assert "not cosigned (409): 20" in capsys.readouterr().err
    assert anlan("accept", files / "back.txt") == 0
    anlan("offer", files / "offer.txt")
    assert anlan("cosign", files / "offer.txt", files / "back.txt") == 0


def test_yesterdays_database_is_found_from_the_file_that_came_back(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    anlan("add-log", "anlan.local/ledger", own_signer().verifier)
    yesterday = copied()
    grow(5)
    anlan("offer", files / "offer.txt")
    anlan("cosign", files / "offer.txt", files / "back.txt")
    put_back(yesterday)
    assert anlan("accept", files / "back.txt") == 2
    said = "a witness cosigned 25 entries, but the database holds 20: it was rolled back, or is an old copy"
    assert said in capsys.readouterr().err
    assert main(["check"]) == 2
    assert said in capsys.readouterr().out


def test_the_start_says_that_the_database_is_not_what_was_witnessed(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    anlan("add-log", "anlan.local/ledger", own_signer().verifier)
    yesterday = copied()
    grow(5)
    anlan("offer", files / "offer.txt")
    anlan("cosign", files / "offer.txt", files / "back.txt")
    anlan("accept", files / "back.txt")
    said: list[str] = []
    prepare(said.append, with_demo=False)
    assert said == []
    put_back(yesterday)
    prepare(said.append, with_demo=False)
    told = "a witness cosigned 25 entries, but the database holds 20: it was rolled back, or is an old copy"
    assert said == [f"THE LEDGER IS NOT WHAT WAS WITNESSED: {told}. Run `anlan check`."]
    assert f"CRITICAL anlan.ledger LEDGER: {told}" in capsys.readouterr().err


def test_a_log_that_is_not_known_is_not_cosigned(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    anlan("offer", files / "offer.txt")
    assert anlan("cosign", files / "offer.txt", files / "back.txt") == 2
    assert "not cosigned (404): The log anlan.local/ledger is not known here." in capsys.readouterr().err
    assert not (files / "back.txt").exists()


def test_what_is_no_file_of_ours_is_bad_input(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (files / "back.txt").write_text("hello\n")
    assert anlan("accept", files / "back.txt") == 1
    assert "[ledger.E010]" in capsys.readouterr().err
    assert anlan("offer", files / "offer.txt", "--witness", "somebody") == 1
    assert f'"somebody" is no witness in ANLAN_WITNESSES. Known: {NAME}.' in capsys.readouterr().err
