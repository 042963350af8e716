"""What of a sealed score who gets: the director of a hospital learns nothing of a case about its leaders, and proves the score all the same."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.test import Client
from django.utils import timezone

from anlan.assessment.errors import DoesNotHold
from anlan.assessment.models import Seal
from anlan.assessment.seal import draft, publish
from anlan.assessment.seal_check import broken_seals, changed_editions
from anlan.assessment.seal_export import package_of
from anlan.assessment.seal_format import BadSeal, Package, read_package, write_package
from anlan.assessment.seal_list import cut, leaf_of, lines_in, read_list, root_of
from anlan.assessment.seal_verify import Verification, verify_score
from anlan.flow.perform import perform
from anlan.ledger.models import Entry
from anlan.ledger.signing import own_signer
from anlan.org.models import Institution, Person
from anlan.org.scope import Actor, acting, as_system
from anlan_cn.models import Dispute
from config.command import main
from tests.sealing import as_first_format, drafted, fill_year, sealed, wanted
from tests.world import World

pytestmark = [pytest.mark.database, pytest.mark.django_db]
PAGES = "/at/A/2025/score/seals/"
ClientAs = Callable[[Person], Client]


@pytest.fixture
def case(world: World, li_actor: Actor, chen_actor: Actor) -> Dispute:
    """A dispute about the leaders of hospital A, which a rule of the score counts."""
    fill_year(world, office=li_actor, reviewer=chen_actor)
    dispute = Dispute(institution=world.hospital_a)
    values = {"occurred_on": dt.date(2025, 3, 3), "severity": "major", "concerns_leaders": True}
    with acting(li_actor):
        perform(dispute, "accept", by=li_actor, at=dt.datetime(2025, 3, 4, 4, 0, tzinfo=dt.UTC), values=values)
    return dispute


@pytest.fixture
def seal(case: Dispute, world: World, chen_actor: Actor) -> Seal:
    return sealed(world, by=chen_actor)


def verify(seal: Seal, package: Package) -> Verification:
    key = str(own_signer().verifier)
    return verify_score(seal.document.encode(), read_package(write_package(package)), key=key)


def failing(found: Verification) -> dict[str, str]:
    return {step.name: step.said for step in found.steps if step.outcome == "fails"}


def telling(dispute: Dispute) -> list[str]:
    """What tells of a record: its number, its receipt in both spellings, the content hash of its entries and their receipts.

    The leaf of an entry is the hash of a header with a random receipt; it stands in public tiles and in the paths of its neighbours.
    """
    entries = Entry.objects.filter(record_uid=dispute.uid)
    hashes = [json.loads(one.header)["content"] for one in entries]
    return [dispute.number, str(dispute.uid), dispute.uid.hex, *hashes, *(one.uid.hex for one in entries)]


def test_no_file_tells_the_director_of_a_case_about_leaders(
    seal: Seal, case: Dispute, wang: Person, client_as: ClientAs
) -> None:
    """`score.json`, API seals and trace listed its number and hashes."""
    client = client_as(wang)
    api = "/api/v1/scores/A"
    answers = {
        "score.json": client.get(f"{PAGES}{seal.uid}/score.json"),
        "page": client.get(f"{PAGES}{seal.uid}/"),
        "package": client.get(f"{PAGES}{seal.uid}/package.zip"),
        "list": client.get(f"{api}/seals"),
        "document": client.get(f"{api}/seals/{seal.uid}"),
        "package over the API": client.get(f"{api}/seals/{seal.uid}/package"),
        "rule": client.get("/at/A/2025/score/A4-k1/"),
    }
    listed = read_list(lines_in(seal.records))
    for rule in listed.rules[case.uid.hex]:
        answers[f"trace {rule}"] = client.get(f"{api}/rules/{rule}/trace", {"rubric": "qidong-2018", "year": 2025})
        assert answers[f"trace {rule}"].status_code == 200
    for name, answer in answers.items():
        assert answer.status_code in (200, 404), name
        assert [word for word in telling(case) if word.encode() in answer.content] == [], name
    assert len(listed.rules[case.uid.hex]) > 0
    assert answers["package"].status_code == answers["score.json"].status_code == 200


def test_a_cut_package_proves_the_score_and_never_says_the_same(seal: Seal, case: Dispute, wang_actor: Actor) -> None:
    found = verify(seal, package_of(seal, by=wang_actor))
    withheld = found.withheld
    assert withheld >= 1
    assert [(step.name, str(step.outcome)) for step in found.steps] == [
        ("score.json", "holds"), ("checkpoint", "holds"), ("seal", "holds"), ("edition", "holds"), ("list", "holds"),
        ("records", "holds"), ("institution", "holds"), ("points", "waits"),
    ]  # fmt: skip
    assert found.steps[-1].said == f"proven; not recomputed, {withheld} records withheld"
    assert found.steps[4].said.endswith(f", {withheld} records withheld")
    assert not any("the sealed one" in step.said for step in found.steps)
    whole = verify(seal, package_of(seal))
    assert (str(whole.outcome), whole.withheld) == ("holds", 0)


def test_the_command_says_proven_and_how_many_are_withheld(
    seal: Seal, wang_actor: Actor, tmp_path: object, capsys: pytest.CaptureFixture[str], settings: object
) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    (folder / "s.json").write_text(seal.document, encoding="utf-8")
    package = package_of(seal, by=wang_actor)
    (folder / "s.zip").write_bytes(write_package(package))
    code = main(["verify", str(folder / "s.json"), "--package", str(folder / "s.zip"), "--key", package.key])
    said = capsys.readouterr().out
    count = read_list(package.records or ()).withheld
    assert (code, f"Proven; not recomputed, {count} records withheld." in said) == (1, True)


def test_a_list_that_was_cut_falsely_is_no_list_of_the_seal(seal: Seal, case: Dispute, wang_actor: Actor) -> None:
    package = package_of(seal, by=wang_actor)
    lines = package.records or ()
    hidden = next(number for number, line in enumerate(lines) if b'{"leaf"' in line)
    fewer = replace(package, records=lines[:hidden] + lines[hidden + 1 :])
    assert "the score says" in failing(verify(seal, fewer))["list"]
    other = replace(package, records=(*lines[:hidden], b'{"leaf":"' + b"00" * 32 + b'"}', *lines[hidden + 1 :]))
    assert "the score says" in failing(verify(seal, other))["list"]
    moved = replace(package, records=tuple(reversed(lines)))
    assert "the score says" in failing(verify(seal, moved))["list"]
    told = json.loads(next(line for line in lines if b'"number"' in line))
    for change in ({"salt": "00" * 15}, {"salt": None}, {"entries": []}, {"rules": "A3-k4"}, {"more": 1}):
        line = json.dumps(told | change, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        with pytest.raises(BadSeal):
            read_list([line])
    with pytest.raises(BadSeal, match="is no leaf"):
        root_of([b'{"leaf":"00"}'])


def test_a_leaf_tells_nothing_of_its_record_without_the_salt(seal: Seal, case: Dispute, world: World) -> None:
    """Two seals of the same records have other leaves: nobody finds a record by trying numbers."""
    again = drafted(world)
    mine = next(line for line in lines_in(seal.records) if case.uid.hex.encode() in line)
    anew = next(line for line in again.records if case.uid.hex.encode() in line)
    assert leaf_of(mine) != leaf_of(anew)
    assert json.loads(mine)["entries"] == json.loads(anew)["entries"]
    assert root_of(cut(again.records, set())) == root_of(again.records) == again.data["records"]["root"]


def test_a_seal_of_the_first_format_is_for_those_who_may_read_all_of_it(
    seal: Seal, case: Dispute, chen_actor: Actor, chen: Person, wang: Person, client_as: ClientAs
) -> None:
    first = as_first_format(seal, by=chen_actor)
    client = client_as(wang)
    client.cookies["django_language"] = "en"
    for part in ("", "/package"):
        answer = client.get(f"/api/v1/scores/A/seals/{first.uid}{part}")
        assert (answer.status_code, answer.json()["id"]) == (403, "assessment.E081")
    for file in ("score.json", "package.zip"):
        page = client.get(f"{PAGES}{first.uid}/{file}", follow=True)
        said = page.content.decode()
        assert "(assessment.E081)" in said
        assert [word for word in telling(case) if word in said] == []
    document = client_as(chen).get(f"/api/v1/scores/A/seals/{first.uid}")
    assert (document.status_code, document.content) == (200, first.document.encode())
    assert list(broken_seals()) == [] or all("entry" in fault or "gone" in fault for _, fault in broken_seals())


def test_a_seal_of_the_first_format_verifies_as_ever(seal: Seal, chen_actor: Actor) -> None:
    first = as_first_format(seal, by=chen_actor)
    found = verify(first, package_of(first))
    assert [(step.name, str(step.outcome)) for step in found.steps] == [
        ("score.json", "holds"), ("checkpoint", "holds"), ("seal", "holds"), ("edition", "holds"), ("records", "holds"),
        ("points", "holds"),
    ]  # fmt: skip
    with_list = replace(package_of(first), records=lines_in(seal.records))
    with pytest.raises(BadSeal, match="a seal of the first format has none"):
        verify_score(first.document.encode(), with_list)


def test_a_changed_list_is_named_by_the_check(seal: Seal) -> None:
    Seal.objects.filter(pk=seal.pk).update(records=seal.records.replace('"number":"', '"number":"X', 1))
    [(where, fault)] = broken_seals()
    assert (where, fault) == (
        "seal A qidong-2018 2025 commission v1", "its list of records is not the one that the sealed document tells",
    )  # fmt: skip


# ── what the institution is, and the thresholds ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"staff": 998}, "staff: 998 / "), ({"class_level": 3}, "class_level: 3 / 2"), ({"kind": "tcm"}, "kind: tcm / "),
        ({"beds": 7}, "beds: 7 / "),
    ],
)  # fmt: skip
def test_a_profile_that_was_changed_by_sql_is_not_sealed(
    case: Dispute, world: World, change: dict[str, object], said: str
) -> None:
    Institution.objects.filter(pk=world.hospital_a.pk).update(**change)
    with pytest.raises(DoesNotHold, match="the profile of A is not what its ledger entries say") as error:
        draft(wanted(world, institution=Institution.objects.select_related("unit").get(pk=world.hospital_a.pk)))
    assert said in str(error.value)


def test_a_profile_that_no_entry_tells_is_not_sealed(case: Dispute, world: World) -> None:
    with as_system("test"):
        Entry.objects.filter(register="org.unit").update(content=None, salt=None)
    with pytest.raises(DoesNotHold, match="class_level: 2 / None"):
        draft(wanted(world))


def test_a_sealed_class_that_its_entries_do_not_say_is_named(seal: Seal, world: World, chen_actor: Actor) -> None:
    """Whoever rewrote the score and its entry in the log would still be found by the entries of the unit."""
    from anlan.assessment.seal_recomputed import recomputed
    from anlan.assessment.seal_verify import Work, listed_in

    score, package = json.loads(seal.document), package_of(seal)
    score["institution"]["attributes"]["class_level"] = 3
    work = Work(score=score, package=package, listed=listed_in(score, package))
    list(work.check_entries())
    [step] = list(recomputed(work))
    assert (step.name, str(step.outcome), step.said) == (
        "institution", "fails", "class_level was sealed as 3, its entries say 2",
    )  # fmt: skip


def test_a_threshold_that_was_changed_after_a_seal_is_named(
    seal: Seal, world: World, chen_actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from anlan.assessment import edition, seal_check

    assert list(changed_editions()) == []
    name, read = "law/parameters/qidong-2018.yaml", edition.read_edition

    def lowered(code: str, **asked: object) -> edition.EditionFiles:
        found = read(code, **{**asked, "check": False})  # type: ignore[arg-type]
        before, marker, after = found.files[name].partition(b"grade_a_percent")
        changed = before + marker + after.replace(b"value: 95", b"value: 90", 1)
        return replace(found, files={**found.files, name: changed})

    monkeypatch.setattr(seal_check, "read_edition", lowered)
    assert list(changed_editions()) == [
        (
            "rubric qidong-2018",
            'law/parameters/qidong-2018.yaml: the parameter "grade_a_percent" from 2018-01-01 was sealed as 95 and is 90 '
            "now. Restore it, or add a row with a later day.",
        )
    ]


def test_a_row_slipped_in_before_the_year_that_was_sealed_is_named(seal: Seal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every sealed row stays as it is, and the threshold of the sealed year is another one all the same."""
    from anlan.assessment import edition, seal_check

    name, read = "law/parameters/qidong-2018.yaml", edition.read_edition
    row = "{from: 2018-01-01, value: 95, clause: S1-A5-k4, verified: true}"

    def with_a_row(day: str) -> list[str]:
        def added(code: str, **asked: object) -> edition.EditionFiles:
            found = read(code, **{**asked, "check": False})  # type: ignore[arg-type]
            more = row + "\n      - " + row.replace("2018-01-01, value: 95", f"{day}, value: 90")
            changed = found.files[name].decode().replace(row, more, 1)
            return replace(found, files={**found.files, name: changed.encode()})

        monkeypatch.setattr(seal_check, "read_edition", added)
        return [said for _where, said in changed_editions()]

    assert with_a_row("2026-01-01") == []
    for day in ("2025-01-01", "2020-01-01"):
        assert with_a_row(day) == [
            'law/parameters/qidong-2018.yaml: the parameter "grade_a_percent" from 2018-01-01 was sealed as 95 and is 90 '
            "now. Restore it, or add a row with a later day.",
        ]


def test_a_limit_of_honest_times_that_was_changed_after_a_seal_is_named(seal: Seal) -> None:
    from anlan.assessment.seal_check import changed_limits

    score = json.loads(seal.document)
    score["times"] = {"zone": "Asia/Shanghai", "registers": {}, "limits": {"honesty.late_days": [["2000-01-01", 9]]}}
    Seal.objects.filter(pk=seal.pk).update(document=json.dumps(score))
    assert list(changed_limits()) == [
        ("parameter honesty.late_days", "from 2000-01-01 was sealed as 9 and is 7 now"),
    ]


def test_a_second_seal_keeps_its_own_list(seal: Seal, world: World, chen_actor: Actor) -> None:
    later = publish(drafted(world, reason="再"), by=chen_actor, at=timezone.now())
    assert later.records != seal.records
    assert str(verify(later, package_of(later)).outcome) == "holds"
