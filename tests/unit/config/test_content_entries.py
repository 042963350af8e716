"""What scores rest on as files: told to the ledger at the start, compared by check and audit, changed by a release or with a reason."""

import pytest

from anlan.flow.drift import all_drift
from anlan.flow.drift_words import drift_words
from anlan.ledger.models import Entry
from anlan.org.content_changes import SUBJECT, change_lines, content_changes
from anlan.org.scope import as_system
from config import content_entries
from config.command import main
from config.content_entries import accept_content, tell_content

pytestmark = [pytest.mark.database, pytest.mark.django_db]

WHAT = "parameter hazard.rectify_days from 2000-01-01"


@pytest.fixture
def told():
    assert tell_content() == ()


@pytest.fixture
def edit(monkeypatch):
    """Let the files on the disk say something else, under this release or another."""
    found = content_entries.content_found()

    def say(**values):
        monkeypatch.setattr(content_entries, "content_found", lambda: found | values)

    return say


def drifts():
    with as_system("test"):
        return [drift for drift in all_drift() if drift.register == "org.content"]


def test_the_first_start_tells_everything_once(told):
    assert tell_content() == ()
    assert list(Entry.objects.filter(record_uid=SUBJECT).values_list("step", "institution_id")) == [("baseline", 0)]
    assert content_entries.content_told()[WHAT] == 15
    assert drifts() == []
    assert list(content_changes()) == []


def test_before_the_first_start_nothing_is_compared(db):
    assert drifts() == []


def test_an_edited_threshold_is_named_with_both_values_and_no_start_makes_it_lawful(told, edit):
    edit(**{WHAT: 90})
    assert tell_content() == (WHAT,)
    assert tell_content() == (WHAT,)
    [drift] = drifts()
    assert drift_words(drift) == (
        f"[flow.A001] {WHAT}: the disk says 90, the ledger was told 15, and no new release said otherwise; "
        "put the file back, or say why with `anlan content --accept REASON`"
    )


def test_a_file_that_is_gone_or_new_is_named(told, edit):
    edit(**{"file law/workdays.yaml": None, "file measures/slipped_in.py": "0" * 64})
    assert [drift.column for drift in drifts()] == ["file law/workdays.yaml", "file measures/slipped_in.py"]


def test_a_new_release_tells_what_it_changed_and_the_change_stays_in_sight(told, edit):
    edit(release="0.2.0", **{WHAT: 90})
    assert tell_content() == ()
    assert drifts() == []
    [change] = content_changes()
    assert (change.step, change.release, change.changes) == ("release", "0.2.0", ((WHAT, 15, 90),))
    assert change_lines(change)[1] == f"  {WHAT}: 15 → 90"


def test_who_changes_a_threshold_says_why_and_the_reason_stays(told, edit):
    edit(**{WHAT: 20})
    assert accept_content("市卫健委 2026 年 3 号文") == (WHAT,)
    assert drifts() == []
    [change] = content_changes()
    assert (change.step, change.reason, change.changes) == ("accept", "市卫健委 2026 年 3 号文", ((WHAT, 15, 20),))


def test_the_command_shows_what_differs_and_takes_a_reason(told, edit, capsys):
    assert main(["content"]) == 0
    assert "are what the ledger was told" in capsys.readouterr().out
    edit(**{WHAT: 20})
    assert main(["content"]) == 2
    assert f"DIFFERS  {WHAT}: the disk says 20, the ledger was told 15" in capsys.readouterr().out
    assert main(["content", "--accept", "x"]) == 1
    assert "Say why the files differ" in capsys.readouterr().err
    assert main(["content", "--accept", "a letter of the city"]) == 0
    assert "a letter of the city" in capsys.readouterr().out
