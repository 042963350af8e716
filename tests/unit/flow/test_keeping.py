"""A refused upload leaves nothing on the disk: rights are asked first, a file lies there only once its step is written."""

import os
import time
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from anlan.flow import keeping, perform, unowned
from anlan.flow.errors import Conflict, InvalidData, Refused
from anlan.flow.evidence import FILES, Upload, path_of, store
from anlan.flow.models import Batch, Evidence
from anlan.org.scope import acting
from config.soundness import all_findings
from tests.papers import pdf, picture
from tests.records import list_place

pytestmark = [pytest.mark.django_db, pytest.mark.database]
DAY = 24 * 3600


@pytest.fixture
def kept(settings, tmp_path: Path) -> Path:
    settings.ANLAN_EVIDENCE_FOLDER = str(tmp_path)
    return tmp_path


@pytest.fixture
def place(kept, world, li_actor):
    return list_place(world.hospital_a, by=li_actor)


def left_in(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and path.name != ".lock"]


def uploads(text: str = "paper"):
    return [Upload(name="a.pdf", chunks=[pdf(text)])]


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_who_may_not_take_the_step_has_nothing_looked_into(kept, place, zhao_actor, monkeypatch):
    monkeypatch.setattr(keeping, "examine", lambda upload: pytest.fail("looked into"))
    with acting(zhao_actor), pytest.raises(Refused):
        perform.perform(place, "attach", by=zhao_actor, evidence=uploads())
    assert left_in(kept) == []


@pytest.mark.parametrize("name", ["wang", "zhao", "qian"])
def test_a_stranger_leaves_nothing_through_any_door(kept, place, client_as, request, name):
    browser = client_as(request.getfixturevalue(name))
    file = SimpleUploadedFile("a.pdf", pdf())
    answers = [
        browser.post(
            f"/at/A/2025/registers/key_place/{place.uid}/attach/", {"key": "k", "version": "1", "evidence": file}
        ),
        browser.post(f"/api/v1/records/{place.uid}/evidence", {"evidence": SimpleUploadedFile("a.pdf", pdf())}),
        browser.post(
            "/api/v1/registers/key_place/records/with-evidence",
            {"evidence": SimpleUploadedFile("a.pdf", pdf()), "data": '{"institution": "A", "values": {}}'},
        ),
        browser.post("/at/A/2025/registers/hazard/import/", {"file": SimpleUploadedFile("a.csv", b"a,b")}),
    ]

    assert all(answer.status_code in (302, 403, 404, 422) for answer in answers)
    assert not Evidence.objects.exists()
    assert left_in(kept) == []


def test_a_step_whose_values_are_refused_leaves_nothing(kept, place, li_actor):
    with acting(li_actor), pytest.raises(InvalidData):
        perform.perform(place, "attach", by=li_actor, evidence=uploads(), values={"nothing_like_it": 1})
    assert left_in(kept) == []


def test_a_step_that_fails_while_it_is_written_leaves_nothing(kept, place, li_actor, monkeypatch):
    def fail(*_arguments):
        raise Conflict("flow.E022", "too late")

    monkeypatch.setattr(perform, "remember", fail)
    with acting(li_actor), pytest.raises(Conflict):
        perform.perform(place, "attach", by=li_actor, evidence=uploads(), key="k")
    assert left_in(kept) == []


def test_a_commit_that_fails_leaves_nothing(kept, place, li_actor, monkeypatch):
    def fail(_self):
        settle(_self)
        raise RuntimeError("after the files have their names")

    settle = keeping.Keeping.settle
    monkeypatch.setattr(keeping.Keeping, "settle", fail)
    with acting(li_actor), pytest.raises(RuntimeError):
        perform.perform(place, "attach", by=li_actor, evidence=uploads())
    assert left_in(kept) == []
    assert not Evidence.objects.exists()


def test_a_failed_step_takes_no_file_that_another_step_stored_meanwhile(kept, place, li_actor):
    first = FILES.put("ab" * 32, [b"one"])
    second = FILES.put("ab" * 32, [b"one"])

    assert first is not None
    assert second is None
    assert FILES.take_back("ab" * 32, first) is False
    assert left_in(kept) == ["ab" * 32]


def test_a_failed_step_keeps_the_file_that_a_record_has_already(kept, place, li_actor, monkeypatch):
    with acting(li_actor):
        perform.perform(place, "attach", by=li_actor, evidence=uploads())
        monkeypatch.setattr(perform, "remember", lambda *_arguments: (_ for _ in ()).throw(Conflict("flow.E022", "x")))
        with pytest.raises(Conflict):
            perform.perform(place, "attach", by=li_actor, evidence=uploads(), key="k")
    assert left_in(kept) == [Evidence.objects.get().sha256]


def test_the_same_upload_sent_again_is_kept_once_and_leaves_no_draft(kept, place, li_actor):
    with acting(li_actor):
        first = perform.perform(place, "attach", by=li_actor, evidence=uploads(), key="k")
        place.refresh_from_db()
        again = perform.perform(place, "attach", by=li_actor, evidence=uploads(), key="k")
    assert first.pk == again.pk
    assert left_in(kept) == [Evidence.objects.get().sha256]


def test_of_several_files_a_bad_one_keeps_the_others_away(kept, place, li, client_as):
    files = [SimpleUploadedFile("a.png", picture()), SimpleUploadedFile("b.pdf", b"%PDF-nothing")]
    answer = client_as(li).post(f"/api/v1/records/{place.uid}/evidence", {"evidence": files})
    assert answer.status_code == 422
    assert left_in(kept) == []


# ── what a killed process leaves ──────────────────────────────────────────────────────────────────────────────────────


def test_a_file_that_no_record_owns_is_named_after_an_hour_and_removed_after_a_day(kept, place, li_actor):
    with acting(li_actor):
        perform.perform(place, "attach", by=li_actor, evidence=uploads())
    owned = path_of(Evidence.objects.get().sha256)
    orphan = path_of(store("b.pdf", [pdf("left by a killed process")]).sha256)
    draft = FILES.draft()
    draft.write_bytes(b"half")
    for path in (owned, orphan, draft):
        age(path, 2 * 3600)

    places = {finding["place"] for finding in all_findings() if "[flow.A084]" in finding["fault"]}
    assert places == {f"file {orphan.relative_to(kept)}", f"file {draft.name}"}

    everything = [(shard, needed) for folder, needed in unowned._owners for shard in folder.shards()]
    assert unowned.remove_unowned(everything, now=time.time()) == 0
    for path in (owned, orphan, draft):
        age(path, DAY + 60)
    assert unowned.remove_unowned(everything, now=time.time()) == 1
    assert (owned.exists(), orphan.exists()) == (True, False)


def test_the_round_removes_old_drafts_and_files_of_one_folder_at_a_time(kept):
    orphan = path_of(store("b.pdf", [pdf("left")]).sha256)
    draft = FILES.draft()
    draft.write_bytes(b"half")
    for path in (orphan, draft):
        age(path, DAY + 60)
    (turn,) = unowned.unowned_rounds()
    turn()
    turn()  # within the minute: nothing is looked at

    assert left_in(kept) == []


def test_a_file_that_is_stored_at_the_moment_of_the_round_stays(kept, monkeypatch):
    orphan = path_of(store("b.pdf", [pdf("stored again")]).sha256)
    age(orphan, DAY + 60)
    needed = unowned._named

    def meanwhile(names):
        found = needed(names)
        store("b.pdf", [pdf("stored again")])  # another person's step, not written yet
        return found

    assert unowned.remove_unowned([(orphan.parent, meanwhile)], now=time.time()) == 0
    assert orphan.exists()


def test_a_sheet_that_an_import_needs_is_no_leftover(kept, world, li_actor):
    from anlan.exchange.commit import open_batch
    from anlan.exchange.upload import kept_at
    from anlan.flow.spec import find_register

    with acting(li_actor):
        batch = open_batch(find_register("hazard"), world.hospital_a, b"a,b\n1,2", name="a.csv", by=li_actor)
    sheet = kept_at(batch.file_sha256)
    age(sheet, 2 * DAY)
    assert list(unowned.unowned_now()) == []

    Batch.objects.update(stored_as="")
    assert list(unowned.unowned_now()) == [sheet]
