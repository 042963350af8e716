"""A rubric that asks for honest times is sealed like any other: a stranger reckons late, burst, night, batch and copied anew."""

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest

from anlan.assessment.models import Seal
from anlan.assessment.seal_export import package_of
from anlan.assessment.seal_format import Package, SealedEntry, read_package, write_package
from anlan.assessment.seal_list import lines_in, read_list
from anlan.assessment.seal_recomputed import recomputed
from anlan.assessment.seal_verify import Verification, Work, listed_in, verify_score
from anlan.flow.perform import perform
from anlan.kernel.parameter import Parameter, parameters_as
from anlan.ledger.signing import own_signer
from anlan.org.scope import Actor, acting, as_system
from anlan_cn.models import Hazard
from tests.records import report_hazard
from tests.sealing import sealed
from tests.unit.assessment.small import write
from tests.world import World

pytestmark = [pytest.mark.database, pytest.mark.django_db]
NIGHT = dt.datetime(2025, 12, 28, 14, 30, tzinfo=dt.UTC)  # 22:30 in China
NOON = dt.datetime(2025, 3, 12, 4, 0, tzinfo=dt.UTC)
TEXT = "消防通道堆放杂物已责令清理"
KINDS = ("late", "burst", "night", "batch", "copied")
ASKED = ", ".join(f"honest_{kind}_hazard" for kind in KINDS)


@pytest.fixture
def rubric(tmp_path: Path) -> str:
    return str(write(tmp_path, ("ratios: [grade_a_rate]", f"ratios: [{ASKED}]")))


@pytest.fixture
def seal(world: World, rubric: str, li_actor: Actor, chen_actor: Actor) -> Seal:
    """Five hazards of one minute of a night in December and four of their days, two of which say the same of two months.

    One of the five is annulled and one is of the year before: no figure counts them, and without them it were no batch.
    """
    for month in (7, 8, 9):
        report_hazard(world.hospital_a, by=li_actor, at=NIGHT, occurred_on=dt.date(2025, month, 9), description=TEXT)
    wrong = report_hazard(world.hospital_a, by=li_actor, at=NIGHT, occurred_on=dt.date(2025, 10, 9))
    with acting(li_actor):
        perform(wrong, "annul", by=li_actor, reason="误登", at=NIGHT)
    report_hazard(world.hospital_a, by=li_actor, at=NIGHT, occurred_on=dt.date(2024, 5, 2), description="前一年的隐患")
    for month, words in (
        (1, "地面有积水未设警示标志"),
        (2, "地面有积水，未设警示标志。"),
        (3, "灯不亮"),
        (4, "门坏了"),
    ):
        day = dt.date(2025, month, 10)
        at = dt.datetime(2025, month, 12, 4, month, tzinfo=dt.UTC)
        report_hazard(world.hospital_a, by=li_actor, at=at, occurred_on=day, description=words)
    return sealed(world, by=chen_actor, rubric=rubric)


def verify(seal: Seal, package: Package | None = None) -> Verification:
    package = read_package(write_package(package or package_of(seal)))
    return verify_score(seal.document.encode(), package, key=str(own_signer().verifier))


def figures(seal: Seal) -> dict[str, dict[str, int]]:
    rules = [rule for category in json.loads(seal.document)["categories"] for rule in category["rules"]]
    told = next(rule["figures"] for rule in rules if rule["code"] == "B1-k2")
    return {name.split("_")[1]: value for name, value in told.items()}


def failing(found: Verification) -> dict[str, str]:
    return {step.name: step.said for step in found.steps if step.outcome == "fails"}


def entry_of(package: Package, number: str) -> SealedEntry:
    return next(entry for entry in package.entries if entry.content and f'"number":"{number}"' in entry.content)


def changed(package: Package, old: SealedEntry, header: str) -> Package:
    entries = tuple(replace(one, header=header) if one is old else one for one in package.entries)
    return replace(package, entries=entries)


def test_a_rubric_of_honest_times_is_sealed_and_a_stranger_reckons_them_anew(seal: Seal) -> None:
    assert figures(seal) == {
        "late": {"num": 3, "den": 7},
        "burst": {"num": 3, "den": 7},
        "night": {"num": 3, "den": 7},
        "batch": {"num": 3, "den": 7},
        "copied": {"num": 5, "den": 7},
    }
    assert [(step.name, str(step.outcome)) for step in verify(seal).steps] == [
        ("score.json", "holds"), ("checkpoint", "holds"), ("seal", "holds"), ("edition", "holds"), ("list", "holds"),
        ("records", "holds"), ("institution", "holds"), ("points", "holds"),
    ]  # fmt: skip


def test_the_seal_tells_limits_zone_and_texts_and_brings_the_records_beside(seal: Seal) -> None:
    score = json.loads(seal.document)
    assert score["times"]["zone"] == "Asia/Shanghai"
    assert score["times"]["limits"]["honesty.late_days"] == [["2000-01-01", 7]]
    assert score["times"]["registers"]["hazard"]["is_timed"] is True
    assert "description" in score["times"]["registers"]["hazard"]["free_texts"]
    listed = read_list(lines_in(seal.records))
    beside = {listed.records[uid]["number"] for uid in set(listed.records) - set(listed.rules)}
    beside |= {told["number"] for uid, told in listed.records.items() if not listed.rules[uid]}
    assert beside - {""} == {"HZ-2025-0004", "HZ-2024-0001"}


def test_other_limits_of_the_one_who_verifies_change_nothing(seal: Seal) -> None:
    def limit(code: str, value: int) -> Parameter:
        return Parameter(
            code=code, value=value, unit="", starts_on=dt.date(2000, 1, 1), instrument="x", clause="x", verified=False
        )

    ours = [limit(code, 1) for code in json.loads(seal.document)["times"]["limits"]]
    with parameters_as(ours):
        assert failing(verify(seal)) == {}


def test_a_changed_moment_of_recording_is_named(seal: Seal) -> None:
    package = package_of(seal)
    old = entry_of(package, "HZ-2025-0001")
    header = old.header.replace("2025-12-28T14:30", "2025-07-10T04:30")
    assert header != old.header
    said = failing(verify(seal, changed(package, old, header)))["records"]
    assert said.startswith("B1-k2: record HZ-2025-0001, version 1: its header is not the sealed one")


def test_whoever_mends_every_hash_is_found_by_reckoning(seal: Seal) -> None:
    """A moment of recording that was changed together with header, leaf and seal gives other figures."""
    package = package_of(seal)
    old = entry_of(package, "HZ-2025-0001")
    forged = changed(package, old, old.header.replace("2025-12-28T14:30", "2025-07-10T04:30"))
    score = json.loads(seal.document)
    work = Work(score=score, package=forged, listed=listed_in(score, forged))
    list(work.check_entries())
    _institution, step = list(recomputed(work))
    assert str(step.outcome) == "fails"
    for kind in ("late", "burst", "night", "batch"):
        assert f"B1-k2: figure honest_{kind}_hazard was sealed as" in step.said


def test_a_stale_answer_of_the_database_is_looked_at_again_before_the_seal(
    world: World, rubric: str, li_actor: Actor, chen_actor: Actor
) -> None:
    for month in (7, 8):
        report_hazard(world.hospital_a, by=li_actor, at=NOON, occurred_on=dt.date(2025, month - 6, 9), description=TEXT)
    with as_system("somebody with the database's password"):
        Hazard.objects.update(is_copied=False, is_batch_entry=True)
    assert figures(sealed(world, by=chen_actor, rubric=rubric))["copied"] == {"num": 2, "den": 2}


def test_a_rubric_without_them_seals_as_before(
    world: World, tmp_path: Path, li_actor: Actor, chen_actor: Actor
) -> None:
    report_hazard(world.hospital_a, by=li_actor, at=NIGHT, description=TEXT)
    assert "times" not in json.loads(sealed(world, by=chen_actor, rubric=str(write(tmp_path))).document)
