"""What a newcomer types wrongly is answered in one sentence with exit code 1; no traceback, and no code 0 on failure."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from anlan.org.models import Person
from config.command import COMMANDS, main
from config.commands import serve

ROOT = Path(__file__).resolve().parents[3]

ARGUMENTS = {
    "scor": 'there is no command "scor". Did you mean "score"?',
    "dance": 'there is no command "dance". `anlan --help` lists them.',
    "check --quick": "anlan check: unrecognized arguments: --quick",
    "score --year 0": '"0" is no year; write it as 2025',
    "score --year 2025 --as-of 2025-02-30": '"2025-02-30" is no day of the calendar',
    "seal --year -1 --institution A": '"-1" is no year',
    "archive a.zip --institution A --year 20255": '"20255" is no year',
    "backup --keep -1": '"-1" is no count; write a whole number, 0 or more',
    "witness offer offer.txt --from -4": '"-4" is no count',
    "serve --port 99999": '"99999" is no port; write a number from 1 to 65535',
    "account li --link here": '"here" names no subject; write SERVICE=SUBJECT',
}
VALUES = {
    "score --year 2999": "the year 2999 had not begun",
    "seal --year 2025 --institution A --as-of 2024-12-31": "On 2024-12-31 the year 2025 had not begun",
    "seal --year 2025 --institution Z": 'There is no institution "Z". Known codes: A, B, C',
    "export-score --year 2025 --institution Z": 'There is no institution "Z".',
    "verify YH-1 --institution Z": 'There is no institution "Z".',
    "verify YH-1": 'No record has the number "YH-1".',
    "verify gone.json": 'the file "gone.json" cannot be used: No such file or directory.',
    "verify folder/": 'the file "folder" cannot be used: Is a directory.',
    "verify noise.bin": '"noise.bin" is neither a receipt, nor an archive package, nor a sealed score',
    "witness cosign noise.bin out.txt": '"noise.bin" is no text; look whether it is the right file.',
    "witness accept noise.bin": '"noise.bin" is no text',
    "archive gone/a.zip --institution A": '"gone/a.zip" cannot be written: name a file in a folder that is there.',
    "archive folder --institution A": '"folder" cannot be written',
    "restore noise.bin --to noise.bin": '"noise.bin" is a file. Name a folder that is empty or does not exist.',
    "restore noise.bin --to new --key noise.bin": "neither a key nor a passphrase of at least 12 characters. [vault.E011]",
    "organisation gbk.yaml": "anlan: 1 fault(s) in the file; nothing was written.",
    "lint folder.yaml": "folder.yaml: the file cannot be read (No such file or directory).",
    "account li --link nowhere=x": "No sign-in service is set up; ANLAN_SSO names their file. [org.E091]",
}


@pytest.mark.parametrize("words", ARGUMENTS)
def test_a_wrong_argument_is_named_by_its_command(capsys: pytest.CaptureFixture[str], words: str) -> None:
    with pytest.raises(SystemExit, match="1"):
        main(words.split())
    assert ARGUMENTS[words] in capsys.readouterr().err


def test_without_a_command_the_commands_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="1"):
        main([])
    said = capsys.readouterr().err
    assert [name for name in COMMANDS if name not in said] == []


@pytest.mark.django_db
@pytest.mark.usefixtures("li_actor")
@pytest.mark.parametrize("words", VALUES)
def test_what_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "noise.bin").write_bytes(bytes([0xF6, 0x80, 0xFF]))
    (tmp_path / "gbk.yaml").write_text("commissions:\n  - name: 河镇\n", encoding="gbk")
    monkeypatch.chdir(tmp_path)
    assert main(words.split()) == 1
    said = capsys.readouterr().err
    assert "anlan: " in said
    assert VALUES[words] in said


def _process(*words: str, home: Path, **more: object) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "ANLAN_HOME": str(home), "DJANGO_SETTINGS_MODULE": "config.settings"}
    environment |= {name: str(value) for name, value in more.items() if name.isupper()}
    line = [sys.executable, "-m", "config.command", *words]
    output = more.get("stdout", subprocess.PIPE)
    return subprocess.run(
        line, cwd=ROOT, env=environment, check=False, stdout=output, stderr=subprocess.PIPE, text=True
    )  # type: ignore[call-overload, no-any-return]


def test_a_variable_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    done = _process("lint", "qidong-2018", home=tmp_path, ANLAN_BACKUP_KEEP="many")
    assert (done.returncode, done.stderr) == (
        1,
        'anlan: the settings cannot be used: ANLAN_BACKUP_KEEP is "many"; write a whole number, 0 or more.\n',
    )
    for text in ("25:99", "night", "02:30+08:00"):
        done = _process("check", "--declarations", home=tmp_path, ANLAN_BACKUP_AT=text)
        said = f'anlan: the settings cannot be used: ANLAN_BACKUP_AT is "{text}"; write a time of day like 02:30.\n'
        assert (done.returncode, done.stderr) == (1, said)
    (tmp_path / "file").touch()
    done = _process("lint", "qidong-2018", home=tmp_path / "file")
    assert done.returncode == 1
    assert done.stderr.endswith("cannot be used: File exists. Set ANLAN_HOME to one that you may write.\n")


def test_a_reader_that_has_seen_enough_is_no_failure(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as gone:
        done = _process("registers", home=tmp_path, stdout=gone)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_an_output_that_takes_nothing_is_a_failure(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = _process("check", "--declarations", home=tmp_path, stdout=full)
    assert (done.returncode, done.stderr) == (2, "anlan: the output cannot be written: No space left on device.\n")


def test_a_terminal_of_ascii_gets_names_escaped(tmp_path: Path) -> None:
    done = _process("registers", "hazard", "--language", "zh", home=tmp_path, PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "\\u9690\\u60a3" in done.stdout


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("made", "says"),
    [
        ({}, "anlan organisation FILE"),
        ({"password": "x"}, "anlan account NAME --one-time-password"),
        ({"password": "x", "is_synthetic": True}, "anlan demo --reset-passwords"),
    ],
)
def test_the_start_says_what_leads_in(capsys: pytest.CaptureFixture[str], made: dict[str, Any], says: str) -> None:
    Person.objects.create_user("somebody", name="某人", **made)  # without a password: named, but no account
    serve._announce("127.0.0.1", 8000, ())
    said = capsys.readouterr().out
    assert says in said
    assert said.count("`anlan ") == 1
