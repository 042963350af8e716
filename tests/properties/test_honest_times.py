"""Honest times, reckoned twice: every engine finds the burst that a walk over the records finds, and a look back finds what pairs tell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from anlan.flow.hindsight import plain_text, seen
from anlan.flow.spec import spec_of
from anlan.kernel.period import Period
from anlan.measures.algebra import Count
from anlan.measures.engines import evaluate
from anlan.measures.plan import make_plan
from anlan.measures.predicate import AS_OF, BURST_BEFORE, BURST_SINCE, col
from anlan_cn.models import Hazard
from tests.properties.test_engines_agree import activities, days, quick
from tests.unit.measures.records import SCHEMA, engines, measure

# `done_on` stands for the day of recording
BURST = (col("done_on") >= BURST_SINCE) & (col("done_on") <= AS_OF) & (col("occurred_on") < BURST_BEFORE)
PLAN = make_plan([measure("burst", Count(register="activity", where=BURST))], schema=SCHEMA)


@settings(quick, max_examples=40)
@given(rows=st.lists(activities, max_size=12), as_of=days)
def test_every_engine_finds_the_same_burst(tmp_path: Path, rows: list[tuple[object, ...]], as_of: dt.date) -> None:
    day = min(max(as_of, dt.date(2025, 1, 1)), dt.date(2025, 12, 31))
    expected = [sum(_in_burst(row, day) for row in rows if row[0] == institution) for institution in (1, 2, 3)]
    for engine in engines(tmp_path, {"activity": rows}):
        table = evaluate(PLAN, period=Period.year(2025), as_of=day, engine=engine)
        assert list(table.columns["burst"]) == expected


def _in_burst(row: tuple[object, ...], as_of: dt.date) -> bool:
    """Thirty days up to the as-of day, of what happened more than sixty days before it, in the year."""
    _institution, counted, happened, *_rest, recorded = row
    if not counted or recorded is None or not dt.date(2025, 1, 1) <= happened <= as_of:  # type: ignore[operator]
        return False
    return 0 <= (as_of - recorded).days < 30 and (as_of - happened).days > 60  # type: ignore[operator]


TEN = dt.datetime(2025, 3, 1, 10, 0, tzinfo=dt.UTC)
moments = st.integers(0, 180).map(lambda seconds: TEN + dt.timedelta(seconds=seconds))
texts = st.sampled_from(
    ["", "检查无异常", "消防通道堆放杂物已清理", "消防通道，堆放杂物已清理", "灭火器压力不足已经更换"]
)
written = st.tuples(moments, st.integers(1, 2), st.dates(dt.date(2024, 11, 1), dt.date(2025, 2, 28)), texts)


@settings(quick, max_examples=150)
@given(rows=st.lists(written, max_size=14))
def test_a_look_back_finds_what_each_pair_of_records_tells(rows: list[tuple[dt.datetime, int, dt.date, str]]) -> None:
    records = [
        Hazard(pk=key, recorded_at=at, recorded_by_id=who, occurred_on=day, description=text)
        for key, (at, who, day, text) in enumerate(rows)
    ]
    found = seen(spec_of(Hazard), records)
    for record in records:
        assert found[record.pk].is_batch_entry is (len(_mates(record, records)) >= 5)
        assert found[record.pk].is_copied is any(_copies(record, other) for other in records)


def _mates(record: Hazard, records: Sequence[Hazard]) -> list[Hazard]:
    minute = f"{record.recorded_at:%H:%M}"
    return [r for r in records if f"{r.recorded_at:%H:%M}" == minute and r.recorded_by_id == record.recorded_by_id]


def _copies(record: Hazard, other: Hazard) -> bool:
    text = plain_text(record.description)
    is_same = len(text) >= 10 and text == plain_text(other.description)
    day, another = record.occurred_on, other.occurred_on
    return is_same and day.year == another.year and day.month != another.month
