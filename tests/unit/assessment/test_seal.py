"""A sealed score: what it holds, that a stranger recomputes it, what is refused, and how a later seal stands behind it."""

import datetime as dt
import json
import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from anlan.assessment.edition import EditionChanged
from anlan.assessment.errors import DoesNotHold
from anlan.assessment.load import find_rubric
from anlan.assessment.models import Edition, Seal, SealedFile
from anlan.assessment.seal import Superseded
from anlan.assessment.seal_audit import drift_of_seals
from anlan.assessment.seal_check import broken_seals, changed_limits
from anlan.assessment.seal_export import package_of
from anlan.assessment.seal_format import Package, SealedEntry, read_object, read_package, write_package
from anlan.assessment.seal_list import lines_in, read_list
from anlan.assessment.seal_recomputed import recomputed
from anlan.assessment.seal_records import NotInTree, records_read, sha256_of
from anlan.assessment.seal_verify import Verification, verify_score
from anlan.flow.erasure import approve, request_erasure
from anlan.flow.proof import prove_record
from anlan.kernel.canonical import canonical_bytes
from anlan.ledger.entry import content_hash, leaf_hash
from anlan.ledger.models import Entry, Leader, Unsequenced
from anlan.ledger.signing import own_signer
from anlan.org.scope import Actor, as_system
from anlan_cn.models import KeyPlace, SecurityIncident
from tests.sealing import drafted, fill_year, judge, sealed
from tests.world import World

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def year(world: World, li_actor: Actor, chen_actor: Actor) -> World:
    fill_year(world, office=li_actor, reviewer=chen_actor)
    return world


@pytest.fixture
def seal(year: World, chen_actor: Actor) -> Seal:
    return sealed(year, by=chen_actor)


def outcome(found: Verification) -> str:
    return str(found.outcome)


def failing(found: Verification) -> dict[str, str]:
    return {step.name: step.said for step in found.steps if step.outcome == "fails"}


def verify(seal: Seal, package: Package | None = None, **options: str) -> Verification:
    package = read_package(write_package(package or package_of(seal)))
    return verify_score(seal.document.encode(), package, **{"key": str(own_signer().verifier)} | options)


def entry_of(package: Package, number: str) -> SealedEntry:
    return next(entry for entry in package.entries if entry.content and f'"number":"{number}"' in entry.content)


def with_entry(package: Package, old: SealedEntry, **changes: object) -> Package:
    entries = tuple(replace(one, **changes) if one is old else one for one in package.entries)  # type: ignore[arg-type]
    return replace(package, entries=entries)


def test_a_seal_names_edition_measures_checkpoint_and_the_entries_of_every_rule(seal: Seal, chen_actor: Actor) -> None:
    score = json.loads(seal.document)
    assert (score["format"], score["kind"], score["version"], score["supersedes"]) == (
        "anlan-score/2", "commission", 1, None,
    )  # fmt: skip
    assert score["institution"]["code"] == "A"
    assert score["institution"]["attributes"]["class_level"] == 2
    assert (score["year"], score["as_of"]) == (2025, "2025-12-31")
    assert sorted(score["rubric"]["files"]) == [
        "law/clauses.yaml", "law/instruments.yaml", "law/parameters/qidong-2018.yaml", "rubrics/qidong-2018.yaml",
    ]  # fmt: skip
    assert score["parameters"]["grade_a_percent"]["value"] == 95
    assert score["measures"]["criminal_cases_change"]["definition"]["is"] == "Change"
    assert score["checkpoint"]["note"].startswith("anlan.local/ledger\n")
    rules = {rule["code"]: rule for category in score["categories"] for rule in category["rules"]}
    with as_system("test"):
        incidents = {uid.hex for uid in SecurityIncident.objects.values_list("uid", flat=True)}
    listed = read_list(lines_in(seal.records))
    assert {uid for uid, codes in listed.rules.items() if "A3-k4" in codes} == incidents
    assert (rules["A3-k4"]["records"], len(incidents)) == (2, 2)
    assert rules["A3-k4"]["figures"] == {"criminal_cases_change": {"now": 1, "before": 1}}
    assert rules["A1-k4"]["records"] == 1  # the decision itself
    assert set(score["records"]) == {"count", "root"}  # of records the document tells number and root, and nothing else
    told = listed.records[min(incidents)]
    assert (told["register"], len(told["entries"]), len(told["entries"][0][0])) == ("security_incident", 1, 64)
    assert score["published"]["by"] == chen_actor.person_id


def test_an_annulled_record_is_not_behind_the_score(year: World) -> None:
    with as_system("test"):
        read = records_read(drafted(year).sheet)
        annulled = KeyPlace.objects.get(state="annulled")
    assert annulled.uid not in read.registers


def test_the_seal_is_in_the_ledger(seal: Seal) -> None:
    entry = Entry.objects.get(uid=seal.entry_uid)
    assert (entry.register, entry.step, entry.version) == ("score", "publish", 1)
    assert json.loads(entry.content or "")["sha256"] == seal.sha256


def test_a_stranger_recomputes_every_figure_and_point(seal: Seal) -> None:
    found = verify(seal)
    assert [(step.name, str(step.outcome)) for step in found.steps] == [
        ("score.json", "holds"), ("checkpoint", "holds"), ("seal", "holds"), ("edition", "holds"), ("list", "holds"),
        ("records", "holds"), ("institution", "holds"), ("points", "holds"),
    ]  # fmt: skip
    assert found.steps[-1].said == "43 rules recomputed: every figure and point is the sealed one"


def test_without_the_logs_key_a_package_proves_at_best_that_it_fits_itself(seal: Seal) -> None:
    found = verify(seal, key="")
    assert outcome(found) == "waits"
    assert [step.name for step in found.steps if step.outcome == "waits"] == ["checkpoint"]
    assert "may be forged with it" in found.steps[1].said


def test_what_happens_to_the_records_later_leaves_the_seal_whole(seal: Seal, year: World, li_actor: Actor) -> None:
    from anlan.flow.perform import perform
    from anlan.org.scope import acting

    with acting(li_actor):
        perform(KeyPlace.objects.get(name="药房0"), "correct", by=li_actor, reason="改名", name="药房零")
    assert outcome(verify(seal)) == "holds"


def test_a_seal_that_the_tree_does_not_hold_yet_waits(seal: Seal) -> None:
    import uuid

    Leader.objects.update(holder=uuid.uuid4(), until=dt.datetime.now(dt.UTC) + dt.timedelta(seconds=4))
    found = verify(seal)
    assert outcome(found) == "waits"
    assert (
        found.steps[2].said
        == "the seal's own entry had no place in the tree when the package was made; export it again"
    )


def test_a_changed_record_is_named_with_its_rules_and_what_it_says(seal: Seal) -> None:
    package = package_of(seal)
    old = entry_of(package, "SI-2025-0001")
    assert old.content is not None
    found = verify(seal, with_entry(package, old, content=old.content.replace("criminal", "public_order")))
    said = failing(found)["records"]
    assert said.startswith("A3-k")
    assert "record SI-2025-0001, version 1: it says" in said
    assert said.endswith("its content hash is not the sealed one")


def test_a_record_rewritten_with_header_and_hash_is_named(seal: Seal) -> None:
    from anlan.ledger.entry import content_hash

    package = package_of(seal)
    old = entry_of(package, "SI-2025-0001")
    content = (old.content or "").replace("criminal", "public_order")
    said, anew = (content_hash(old.salt or b"", text.encode()) for text in (old.content or "", content))
    found = verify(seal, with_entry(package, old, content=content, header=old.header.replace(said, anew)))
    assert "its header is not the sealed one; " in failing(found)["records"]


def test_wanting_doubled_and_foreign_entries_are_named(seal: Seal) -> None:
    package = package_of(seal)
    old = entry_of(package, "SI-2025-0001")
    fewer = replace(package, entries=tuple(one for one in package.entries if one is not old))
    assert "record " in failing(verify(seal, fewer))["records"]
    assert "the entries of version 1 are wanting" in failing(verify(seal, fewer))["records"]
    twice = replace(package, entries=(*package.entries, old))
    assert "stands in the package twice" in failing(verify(seal, twice))["records"]
    foreign = replace(old, header=old.header.replace('"record":"', '"record":"0'))
    more = replace(package, entries=(*package.entries, foreign))
    assert "which the score does not name" in failing(verify(seal, more))["records"]


def test_another_rubric_text_is_named(seal: Seal) -> None:
    package = package_of(seal)
    name = "rubrics/qidong-2018.yaml"
    files = {**package.files, name: package.files[name].replace(b"points: 1", b"points: 2", 1)}
    assert failing(verify(seal, replace(package, files=files))) == {"edition": f"{name} is not the sealed file"}


def test_points_that_do_not_follow_are_named_by_rule(seal: Seal) -> None:
    """Whoever also rewrote the ledger entry and signed anew would still be found by reckoning."""
    from anlan.assessment import seal_verify
    from anlan.assessment.seal_evaluate import recompute

    package = package_of(seal)
    score = json.loads(seal.document)
    rule = next(rule for category in score["categories"] for rule in category["rules"] if rule["code"] == "A3-k4")
    rule["deducted"], rule["figures"]["criminal_cases_change"]["now"] = 200, 9
    work = seal_verify.Work(score=score, package=package, listed=seal_verify.listed_in(score, package))
    assert [step.outcome for step in work.check_entries()] == ["holds"]
    _institution, step = list(recomputed(work))
    assert step.said == (
        "A3-k4: deducted was sealed as 200, recomputed as 0; "
        'A3-k4: figure criminal_cases_change was sealed as {"before": 1, "now": 9}, recomputed as {"now": 1, "before": 1}'
    )
    attributes = score["institution"]["attributes"]
    assert recompute(score, package.files, work.replayed, attributes=attributes).raw == seal.raw


def resealed(seal: Seal, year: World, by: Actor, *, told: dict[str, object] | None = None, **changes: object) -> Seal:
    """Seal another document with the log's own key, as a log operator might: `told` is what the ledger's entry says beside."""
    from anlan.assessment.seal import REGISTER, SCREEN
    from anlan.org.events import note

    score = json.loads(seal.document) | changes
    document = canonical_bytes(score)
    content = {"sha256": sha256_of(document), **(told or {})}
    entry = note(REGISTER, "again", "publish", content, at=year.hospital_a.unit, by=by, origin=SCREEN)
    Seal.objects.filter(pk=seal.pk).update(
        document=document.decode(), sha256=content["sha256"], entry_uid=entry.uid,
    )  # fmt: skip
    return Seal.objects.select_related("institution__unit").get(pk=seal.pk)


def test_what_a_document_leaves_out_or_says_of_another_type_is_no_same_score(
    seal: Seal, year: World, chen_actor: Actor
) -> None:
    score = json.loads(seal.document)
    assert outcome(verify(resealed(seal, year, chen_actor))) == "holds"
    fewer = verify(resealed(seal, year, chen_actor, categories=score["categories"][1:]))
    assert failing(fewer)["points"].startswith("total: categories was sealed as")
    rules = [score["categories"][0] | {"rules": score["categories"][0]["rules"][1:]}, *score["categories"][1:]]
    assert "rules was sealed as" in failing(verify(resealed(seal, year, chen_actor, categories=rules)))["points"]
    bare = {name: value for name, value in score["totals"].items() if name != "raw"}
    assert outcome(verify(resealed(seal, year, chen_actor, totals=bare))) == "fails"
    odd = json.loads(json.dumps(score["categories"]))
    next(rule for category in odd for rule in category["rules"] if rule["deducted"] == 0)["deducted"] = False
    assert "deducted was sealed as false" in failing(verify(resealed(seal, year, chen_actor, categories=odd)))["points"]


@pytest.mark.parametrize(
    "told", [{"raw": 1}, {"normalised": 10000}, {"year": 2024}, {"kind": "self_check"}, {"raw": True}]
)
def test_an_entry_that_tells_another_score_than_the_document_is_named(
    seal: Seal, year: World, chen_actor: Actor, told: dict[str, object]
) -> None:
    found = verify(resealed(seal, year, chen_actor, told=told))
    assert failing(found)["seal"] == f"the ledger tells another {next(iter(told))} than the score"


@pytest.mark.parametrize("text", ['{"a":1,"a":2}', '{"b":{"a":1,"a":1}}', "[]", "1", '{"a":NaN}', "{"])
def test_a_json_that_says_two_things_or_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"twice|object|invalid|Expecting"):
        read_object(text)


def test_a_key_that_is_not_the_one_you_were_given_is_refused(seal: Seal) -> None:
    other = "anlan.local/ledger+83e8fbc8+AZ0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    assert "is not the key that you gave" in failing(verify(seal, key=other))["key"]


def test_a_lawful_erasure_is_said_and_is_no_fault(
    seal: Seal, li_actor: Actor, wang_actor: Actor, chen_actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anlan.flow.erasure.holds_on", lambda *_args, **_more: ())  # as if every term were over
    with as_system("test"):
        incident = SecurityIncident.objects.get(number="SI-2025-0001")
    asked = request_erasure(incident, by=li_actor, ground="pipl-47-purpose", reason="误录他人信息")
    for person in (wang_actor, chen_actor):
        approve(asked, by=person)
    found = verify(seal)
    erased = next(step for step in found.steps if step.name == "erased")
    assert (outcome(found), str(erased.outcome), "record SI-2025-0001, version 1" in erased.said) == (
        "waits", "waits", True,
    )  # fmt: skip
    resting = read_list(lines_in(seal.records)).rules[incident.uid.hex]
    assert found.steps[-1].said.startswith(f"{43 - len(resting)} rules recomputed: ")
    package = package_of(seal)
    without = replace(package, seal=package.seal | {"erasures": []})
    assert "its content is gone, and no erasure that the log proves" in failing(verify(seal, without))["records"]
    moved = [{**package.seal["erasures"][0], "position": 0}]
    unproven = replace(package, seal=package.seal | {"erasures": moved})
    assert "its content is gone" in failing(verify(seal, unproven))["records"]
    other = [{**package.seal["erasures"][0], "content": '{"approved_by":[1,2],"ground":"none"}'}]
    forged = replace(package, seal=package.seal | {"erasures": other})
    assert "its content is gone" in failing(verify(seal, forged))["records"]


def test_a_content_that_somebody_nulled_is_no_erasure(seal: Seal) -> None:
    with as_system("somebody with the database's password"):
        incident = SecurityIncident.objects.get(number="SI-2025-0001")
        Entry.objects.filter(record_uid=incident.uid).update(content=None, salt=None)
    said = failing(verify(seal))["records"]
    assert "record SI-2025-0001, version 1: its content is gone, and no erasure that the log proves says why" in said


def test_a_record_whose_content_somebody_nulled_is_not_sealed(year: World, chen_actor: Actor) -> None:
    with as_system("somebody with the database's password"):
        incident = SecurityIncident.objects.get(number="SI-2025-0001")
        Entry.objects.filter(record_uid=incident.uid).update(content=None, salt=None)
        SecurityIncident.objects.filter(pk=incident.pk).delete()
    with pytest.raises(DoesNotHold, match="security_incident"):
        sealed(year, by=chen_actor)


# ── sealing ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_record_and_entry_that_somebody_wrote_by_sql_are_not_sealed(year: World, chen_actor: Actor) -> None:
    """A row with an entry to fit it, queued by SQL: the sequencer places it, and hashes and rows agree."""
    with as_system("somebody with the database's password"):
        incident = SecurityIncident.objects.get(number="SI-2025-0001")
        content = canonical_bytes({"kind": "public_order"}).decode()
        last = Entry.objects.get(record_uid=incident.uid)
        header = json.loads(last.header) | {"id": uuid.uuid4().hex, "version": 2, "step": "correct"}
        header["content"] = content_hash(b"s" * 16, content.encode())
        text = canonical_bytes(header).decode()
        forged = Entry.objects.create(
            uid=uuid.UUID(header["id"]), institution_id=last.institution_id, register=last.register, record_uid=incident.uid,
            version=2, step="correct", actor_id=last.actor_id, occurred_on=last.occurred_on, recorded_at=last.recorded_at,
            header=text, content=content, salt=b"s" * 16, leaf=leaf_hash(text.encode()),
        )  # fmt: skip
        Unsequenced.objects.create(entry=forged)
        SecurityIncident.objects.filter(pk=incident.pk).update(kind="public_order", version=2)
    with pytest.raises(DoesNotHold, match=r"1 entries behind it were written beside the program \(security_incident\)"):
        sealed(year, by=chen_actor)
    with as_system("test"):
        proof = prove_record(incident.uid)
    said = [step.said for step in proof.all_steps() if step.outcome == "fails"]
    assert said == ["lies unencrypted: somebody without the keys wrote it, whatever its hashes say"]


def test_a_score_whose_rows_drifted_cannot_be_sealed(year: World, chen_actor: Actor) -> None:
    with as_system("somebody with the database's password"):
        SecurityIncident.objects.filter(occurred_on__year=2025).update(kind="public_order")
    with pytest.raises(DoesNotHold, match=r"differ \(1: security_incident: kind\)"):
        sealed(year, by=chen_actor)
    assert not Seal.objects.exists()


def test_entries_without_a_place_in_the_tree_are_waited_for(year: World, chen_actor: Actor) -> None:
    import uuid

    drafted(year)
    judge(year, by=chen_actor, rule="A3-k1")
    Leader.objects.update(holder=uuid.uuid4(), until=dt.datetime.now(dt.UTC) + dt.timedelta(seconds=4))
    with pytest.raises(NotInTree, match=r"1 ledger entries behind the score have no signed place"):
        sealed(year, by=chen_actor)


def test_a_later_seal_needs_a_reason_and_names_the_earlier_one(seal: Seal, year: World, chen_actor: Actor) -> None:
    with pytest.raises(Superseded, match="sealed already"):
        sealed(year, by=chen_actor)
    judge(year, by=chen_actor, rule="A3-k1")
    later = sealed(year, by=chen_actor, reason="复核后补判 A3-k1")
    assert (later.version, later.reason) == (2, "复核后补判 A3-k1")
    assert json.loads(later.document)["supersedes"] == {
        "version": 1, "sha256": seal.sha256, "reason": "复核后补判 A3-k1",
    }  # fmt: skip
    assert Seal.objects.get(pk=seal.pk).document == seal.document
    entries = Entry.objects.filter(register="score").order_by("version")
    assert [(entry.version, entry.step) for entry in entries] == [(1, "publish"), (2, "supersede")]
    assert (outcome(verify(seal)), outcome(verify(later))) == ("holds", "holds")


def test_the_self_check_of_the_institution_stands_beside_the_commissions_score(
    seal: Seal, year: World, tang_actor: Actor
) -> None:
    own = sealed(year, by=tang_actor, kind="self_check")
    assert (own.version, own.kind) == (1, "self_check")


def test_one_version_of_a_year_exists_once(seal: Seal) -> None:
    seal.pk, seal.uid = None, own_uid()
    seal.sha256, seal.entry_uid = "0" * 64, own_uid()
    with pytest.raises(IntegrityError), transaction.atomic():
        seal.save(force_insert=True)


def own_uid() -> object:
    import uuid

    return uuid.uuid4()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"raw": 8500}, "raw: the row says 8500, the sealed document says"),
        ({"document": "{}"}, "its document does not match its hash"),
        ({"reason": "x"}, "reason: the row says x, the sealed document says "),
    ],
)
def test_a_seal_that_was_changed_is_named_by_the_check(seal: Seal, change: dict[str, object], said: str) -> None:
    assert list(broken_seals()) == []
    Seal.objects.filter(pk=seal.pk).update(**change)
    [(where, fault)] = broken_seals()
    assert where == "seal A qidong-2018 2025 commission v1"
    assert fault.startswith(said)


def test_what_a_seal_rests_on_is_kept(seal: Seal) -> None:
    SealedFile.objects.filter(name="law/clauses.yaml").delete()
    assert [fault for _, fault in broken_seals()] == ["the kept text of law/clauses.yaml is gone"]
    Edition.objects.update(edition="other")
    assert [fault for _, fault in broken_seals()][1:] == ["edition qidong-2018 2018 is not kept as published by it"]


def test_when_a_seal_was_published_is_compared(seal: Seal) -> None:
    Seal.objects.update(published_at=seal.published_at + dt.timedelta(days=1))
    [(_, fault)] = broken_seals()
    assert fault.startswith("published_at: the row says ")


def test_a_document_in_no_form_of_a_seal_hides_nothing_else(seal: Seal, year: World, chen_actor: Actor) -> None:
    later = sealed(year, by=chen_actor, reason="再")
    for document in ("{}", "[]", "x", '{"format":"anlan-score/2","totals":[],"supersedes":[],"records":1}'):
        Seal.objects.filter(pk=seal.pk).update(document=document, sha256=sha256_of(document.encode()))
        Entry.objects.filter(uid=seal.entry_uid).update(content="x", salt=b"")
        Seal.objects.filter(pk=later.pk).update(raw=1)
        with as_system("test"):
            told = [fault for _, fault in broken_seals()]
            met = [str(drift.row_says) for drift in drift_of_seals().drifts]
        assert told[0] == met[0] == "its document is not in the form in which scores are sealed"
        assert any(fault.startswith("raw: the row says 1") for fault in told)
        assert any(fault.startswith("raw: the row says 1") for fault in met)
        assert list(changed_limits()) == []


def test_the_running_audit_names_a_seal_that_is_gone_and_a_changed_text(seal: Seal) -> None:
    entry = Entry.objects.get(uid=seal.entry_uid)
    Seal.objects.all().delete()
    SealedFile.objects.filter(name="law/clauses.yaml").update(body="clauses: []")
    with as_system("test"):
        found = drift_of_seals()
    assert [(drift.number, drift.row_says) for drift in found.drifts] == [
        (f"entry {entry.pk}", "tells of a sealed score whose row is gone"),
        ("sealed file law/clauses.yaml", "its text does not match its hash"),
    ]


def test_a_seal_that_is_gone_and_a_changed_file_are_named(seal: Seal) -> None:
    Seal.objects.all().delete()
    SealedFile.objects.filter(name="law/clauses.yaml").update(body="clauses: []")
    assert [fault for _, fault in broken_seals()] == [
        "tells of a sealed score whose row is gone",
        "its text does not match its hash",
    ]


def test_a_published_edition_is_not_changed(
    seal: Seal, year: World, chen_actor: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Edition.objects.get().code == "qidong-2018"
    text = find_rubric("qidong-2018").read_text(encoding="utf-8").replace("pass_mark: null", "pass_mark: 80")
    law = find_rubric("qidong-2018").parent.parent / "law"
    (tmp_path / "law").symlink_to(law)
    (tmp_path / "rubrics").mkdir()
    changed = tmp_path / "rubrics" / "qidong-2018.yaml"
    changed.write_text(text, encoding="utf-8")
    with pytest.raises(EditionChanged, match="give the new one another code or edition"):
        sealed(year, by=chen_actor, rubric=str(changed), reason="再")


def test_a_record_that_was_taken_away_beside_the_ledger_does_not_hide_from_the_seal(
    year: World, chen_actor: Actor
) -> None:
    with as_system("somebody with the database's password"):
        SecurityIncident.objects.filter(occurred_on__year=2025).delete()
    with pytest.raises(DoesNotHold, match=r"differ \(1: security_incident\)"):
        sealed(year, by=chen_actor)
