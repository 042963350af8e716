"""Two editions of one series: a score of a year takes the edition and the parameters that were in force in it."""

import datetime as dt
import json
from pathlib import Path

import pytest

from anlan.assessment import load
from anlan.assessment.edition import EditionChanged, codes_in_force, edition_in_force, read_edition
from anlan.assessment.errors import RubricError, UnknownRubric
from anlan.assessment.models import Edition, SealedFile
from anlan.assessment.seal_check import changed_editions
from anlan.assessment.seal_export import package_of
from anlan.assessment.seal_verify import verify_score
from anlan.ledger.signing import own_signer
from anlan.org.scope import Actor
from tests.sealing import fill_year, sealed
from tests.unit.assessment.small import RUBRIC, write
from tests.world import World

HEAD = 'schema: 1\ncode: small\nedition: "1"\n'
OLD = 'schema: 1\ncode: small-2018\nedition: "1"\nseries: small-series\nyears: {from: 2018, to: 2025}\n'
NEW = 'schema: 1\ncode: small-2026\nedition: "1"\nseries: small-series\nyears: {from: 2026}\n'
GROUP = "points: 2\n"


@pytest.fixture
def editions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An edition until 2025, in which no leading group costs 2 points, and one from 2026, in which it costs 3."""
    write(tmp_path).unlink()
    (tmp_path / "small-2018.yaml").write_text(RUBRIC.replace(HEAD, OLD), encoding="utf-8")
    (tmp_path / "small-2026.yaml").write_text(RUBRIC.replace(HEAD, NEW).replace(GROUP, "points: 3\n"), encoding="utf-8")
    monkeypatch.setattr(load, "_folders", [tmp_path])
    return tmp_path


def test_a_series_gives_the_edition_of_the_year(editions: Path) -> None:
    assert [edition_in_force("small-series", year=year) for year in (2018, 2025, 2026, 2040)] == [
        "small-2018", "small-2018", "small-2026", "small-2026",
    ]  # fmt: skip
    assert (codes_in_force(year=2025), codes_in_force(year=2026)) == (("small-2018",), ("small-2026",))


def test_a_year_without_an_edition_is_refused_with_the_years_that_there_are(editions: Path) -> None:
    with pytest.raises(UnknownRubric, match=r"no edition in force in 2017. small-2018: 2018–2025; small-2026: 2026–…"):
        edition_in_force("small-series", year=2017)
    with pytest.raises(UnknownRubric, match='"small-2026" has no edition in force in 2025'):
        edition_in_force("small-2026", year=2025)
    with pytest.raises(UnknownRubric, match='Did you mean "small-series"'):
        edition_in_force("small-serie", year=2025)


def test_years_that_end_before_they_begin_are_refused(editions: Path) -> None:
    file = editions / "small-2018.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("to: 2025", "to: 2017"), encoding="utf-8")
    with pytest.raises(RubricError, match=r"the years end \(2017\) before they begin \(2018\)"):
        load.load_rubric(file)


@pytest.mark.database
@pytest.mark.django_db
def test_scoring_the_past_anew_takes_rules_and_parameters_of_then(
    editions: Path, world: World, li_actor: Actor, chen_actor: Actor
) -> None:
    fill_year(world, office=li_actor, reviewer=chen_actor)
    seals = [
        sealed(world, by=chen_actor, rubric="small-series", year=year, as_of=dt.date(year, 12, 31))
        for year in (2025, 2026)
    ]
    told = [json.loads(seal.document) for seal in seals]
    assert [score["rubric"]["code"] for score in told] == ["small-2018", "small-2026"]
    assert [score["parameters"]["target"]["value"] for score in told] == [95, 97]
    taken = [{rule["code"]: rule["deducted"] for row in score["categories"] for rule in row["rules"]} for score in told]
    assert [one["B1-k1"] for one in taken] == [200, 300]
    for seal in seals:
        found = verify_score(seal.document.encode(), package_of(seal), key=str(own_signer().verifier))
        assert found.outcome == "holds"
    again = sealed(world, by=chen_actor, rubric="small-series", year=2025, reason="复核")
    assert (again.rubric, again.raw) == ("small-2018", seals[0].raw)


@pytest.mark.database
@pytest.mark.django_db
def test_a_published_edition_keeps_its_text_while_dated_parameters_may_be_added(
    editions: Path, world: World, li_actor: Actor, chen_actor: Actor
) -> None:
    fill_year(world, office=li_actor, reviewer=chen_actor)
    sealed(world, by=chen_actor, rubric="small-series")
    parameters = editions / "law" / "parameters" / "small.yaml"
    row = "      - {from: 2026-01-01, value: 97, clause: X-k2, verified: true}\n"
    text = parameters.read_text(encoding="utf-8")
    parameters.write_text(text.replace(row, row + row.replace("2026", "2030").replace("97", "99")), encoding="utf-8")
    assert sealed(world, by=chen_actor, rubric="small-series", reason="复核").version == 2
    file = editions / "small-2018.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace(GROUP, "points: 1\n"), encoding="utf-8")
    with pytest.raises(EditionChanged, match=r'"small-2018", edition 1, was published with SHA-256'):
        read_edition("small-series", year=2025)
    [(where, said)] = changed_editions()
    assert (where, "give the new one another code or edition" in said) == ("rubric small-2018", True)
    assert Edition.objects.get().file == SealedFile.objects.get(name="rubrics/small-2018.yaml")
