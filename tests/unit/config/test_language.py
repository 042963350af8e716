"""The command line speaks English in every run; the content's language is chosen with the same two words everywhere."""

import re
from pathlib import Path

import pytest
from django.utils import translation

from anlan.org.jobs import Job, enqueue, handler
from config.command import build_parser, main
from tests.sheets import workbook
from tests.world import World

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@handler("test.language")
def _say_language(job: Job) -> None:
    raise RuntimeError(translation.get_language())


@pytest.fixture(autouse=True)
def chinese() -> object:
    """The installation's language, as outside of the tests."""
    with translation.override("zh-hans"):
        yield


@pytest.mark.django_db
@pytest.mark.usefixtures("li_actor")
def test_refusals_of_every_room_are_in_english(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "words.csv").write_bytes(b"just words")
    refused = [
        ["import", "hazard", str(tmp_path / "words.csv"), "--institution", "A"],
        ["account", "li", "--link", "nowhere=x"],
        ["archive", str(tmp_path / "a.zip"), "--institution", "A"],
    ]
    for words in refused:
        assert main(words) == 1, words
    said = capsys.readouterr().err
    assert [word for word in ("exchange.E012", "org.E091", "exchange.E041") if word not in said] == []
    assert CHINESE.findall(said) == []


@pytest.mark.django_db
def test_the_findings_of_an_import_are_english_like_the_rest(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "h.xlsx").write_bytes(workbook(("发现日期", "所属领域", "隐患情况"), ("18.3.5", "消防", "x")))
    assert main(["import", "hazard", str(tmp_path / "h.xlsx"), "--institution", "A"]) == 1
    said = capsys.readouterr().out
    assert "The year needs four digits." in said
    assert "Found on" in said


def test_names_of_registers_follow_the_language_that_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["registers", "hazard"]) == 0
    assert CHINESE.findall(capsys.readouterr().out) == []
    assert main(["registers", "hazard", "--language", "zh"]) == 0
    said = capsys.readouterr().out
    assert "责任人（职务）" in said
    assert "…" not in said


@pytest.mark.parametrize(
    "command", ["lint x", "template x y", "import x y --institution z", "score --year 2025", "registers"]
)
def test_every_command_takes_the_same_two_languages(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    for language in ("zh", "en"):
        assert build_parser().parse_args([*command.split(), "--language", language]).language == language
    with pytest.raises(SystemExit, match="1"):
        build_parser().parse_args([*command.split(), "--language", "zh-hans"])
    assert "invalid choice: 'zh-hans' (choose from 'zh', 'en')" in capsys.readouterr().err


@pytest.mark.django_db
def test_the_worker_works_in_the_language_of_the_pages(capsys: pytest.CaptureFixture[str]) -> None:
    job = enqueue("test.language")
    main(["worker", "--once"])
    job.refresh_from_db()
    assert job.error == "RuntimeError: zh-hans"
    assert "jobs carried out." in capsys.readouterr().out
