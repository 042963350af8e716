"""The live database as an engine: what PostgreSQL must be told holds for every evaluation, whatever happened before."""

import datetime as dt

import pytest
from django.db import connection, transaction

from anlan.assessment.load import load_rubric
from anlan.assessment.score import score_institutions
from anlan.facts.live import live_engine
from anlan.measures.engines import Engine
from tests.world import World

pytestmark = pytest.mark.database


def whole_score(place: int, engine: Engine) -> list[tuple[str, int | None]]:
    """Return the points of each category for one institution."""
    table = score_institutions(
        load_rubric("qidong-2018"), year=2025, as_of=dt.date(2025, 12, 31), engine=engine, institutions=[place]
    )
    return [(one.code, one.points) for one in table.sheet(place).categories]


@pytest.mark.django_db(transaction=True)
def test_a_rollback_does_not_bring_the_compiler_back(world: World) -> None:
    """The prepared statement outlives a rollback, the settings do not; compiled, one score would take seconds."""
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL alone compiles its plans")
    place = world.hospital_a.pk
    with transaction.atomic():
        whole_score(place, live_engine())
        transaction.set_rollback(True)
    with transaction.atomic():
        whole_score(place, live_engine())
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('jit'), current_setting('plan_cache_mode')")
            assert cursor.fetchone() == ("off", "force_generic_plan")


@pytest.mark.django_db(transaction=True)
def test_an_evaluation_leaves_no_setting_in_the_session_and_finds_its_statement_by_its_text(world: World) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL alone has sessions to share")
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('plan_cache_mode'), current_setting('jit')")
        before = cursor.fetchone()
        for _round in range(2):
            whole_score(world.hospital_a.pk, live_engine())
            cursor.execute("SELECT current_setting('plan_cache_mode'), current_setting('jit')")
            assert cursor.fetchone() == before
            cursor.execute("SELECT name ~ '^anlan_figures_[0-9a-f]{40}$' FROM pg_prepared_statements")
            assert cursor.fetchall() == [(True,)]
