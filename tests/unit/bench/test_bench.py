"""The benchmark compares like with like: every engine that is installed gives the same scores."""

from pathlib import Path

import pytest

from bench.agreement import check_equal, checksum
from bench.lake import folder_of, generate
from bench.one import ENGINES, missing, run
from bench.rubric import CATEGORIES, RULES, rubric

INSTITUTIONS = 300
PEERS = [name for name in ENGINES if name != "scan floor"]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    patch = pytest.MonkeyPatch()
    patch.setenv("BENCH_WORK", str(tmp_path_factory.mktemp("bench")))
    generate(INSTITUTIONS, folder_of(INSTITUTIONS))
    run("hand SQL", INSTITUTIONS)
    yield folder_of(INSTITUTIONS)
    patch.undo()


@pytest.mark.parametrize("name", PEERS)
def test_engine_agrees_with_the_hand_written_statement_on_every_rule(lake: Path, name: str) -> None:
    if package := missing(name):
        pytest.skip(f"{name} is left out: {package} is not installed")
    run(name, INSTITUTIONS)
    found = check_equal(["hand SQL", name], INSTITUTIONS)
    assert found[0] == 300
    assert len(found) == 10


def test_scan_floor_runs_over_the_same_lake(lake: Path) -> None:
    assert run("scan floor", INSTITUTIONS)["seconds"] > 0


def test_scores_differ_between_institutions_so_that_the_checksum_can_fail(lake: Path) -> None:
    count, *sums = checksum("hand SQL", INSTITUTIONS)
    assert count == 300
    assert all(points > 0 for points in sums)
    assert sums[0] < 300 * 1000


def test_benchmark_covers_all_rules_of_the_shipped_rubric() -> None:
    shipped = {category.code: len(category.rules) for category in rubric().categories}
    assert shipped == RULES
    assert {category.code: category.max for category in rubric().categories} == CATEGORIES
