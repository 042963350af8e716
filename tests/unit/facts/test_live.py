"""The live database as an engine: what PostgreSQL must be told holds for every evaluation, whatever happened before."""

import datetime as dt

import pytest
from django.db import connection, transaction

from anlan.assessment.load import load_rubric
from anlan.assessment.score import score_institutions
from anlan.facts.live import live_engine
from tests.world import World

pytestmark = pytest.mark.database


@pytest.mark.django_db(transaction=True)
def test_a_rollback_does_not_bring_the_compiler_back(world: World) -> None:
    """The prepared statement outlives a rollback, the settings do not; compiled, one score would take seconds."""
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL alone compiles its plans")
    rubric, place = load_rubric("qidong-2018"), world.hospital_a.pk

    def score() -> None:
        score_institutions(
            rubric, year=2025, as_of=dt.date(2025, 12, 31), engine=live_engine(), institutions=[place]
        ).sheet(place)

    with transaction.atomic():
        score()
        transaction.set_rollback(True)
    with transaction.atomic():
        score()
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('jit'), current_setting('plan_cache_mode')")
            assert cursor.fetchone() == ("off", "force_generic_plan")
