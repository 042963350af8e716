"""Honest times: when a record counts as late, as a night or batch entry or as copied, and the shares that come of it.

The limits are provisional figures of `law/parameters/honesty.yaml`: 7 days, 22 to 6 o'clock, 5 records a minute, 10 characters;
a burst is the last 30 days before the assessment, of what happened more than 60 days before it.
"""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from anlan.flow.hindsight import plain_text, seen
from anlan.flow.spec import spec_of
from anlan.flow.times import set_times
from anlan.kernel.period import Period
from anlan.measures import catalogue
from anlan.measures.catalogue import Measure
from anlan.measures.engines import evaluate
from anlan.measures.honesty import Honesty, share
from anlan.measures.plan import make_plan
from anlan_cn.models import Hazard, KeyPlace
from tests.spec.tables import World, schema

CHINA = ZoneInfo("Asia/Shanghai")
LONG = "消防通道堆放杂物已责令清理"


def at(day: str, clock: str = "10:00:00") -> dt.datetime:
    return dt.datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=CHINA)


# occurred, recorded at (China), → recorded_on, late_days, is_late, is_night_entry
TIMES = (
    ("2025-03-01", "2025-03-01 10:00", "2025-03-01", 0, False, False),
    ("2025-03-01", "2025-03-08 10:00", "2025-03-08", 7, False, False),
    ("2025-03-01", "2025-03-09 10:00", "2025-03-09", 8, True, False),
    ("2025-03-01", "2025-12-28 10:00", "2025-12-28", 302, True, False),
    ("2025-03-01", "2025-03-01 21:59", "2025-03-01", 0, False, False),
    ("2025-03-01", "2025-03-01 22:00", "2025-03-01", 0, False, True),
    ("2025-03-01", "2025-03-02 00:30", "2025-03-02", 1, False, True),
    ("2025-03-01", "2025-03-02 05:59", "2025-03-02", 1, False, True),
    ("2025-03-01", "2025-03-02 06:00", "2025-03-02", 1, False, False),
    ("2024-02-28", "2024-03-07 23:59", "2024-03-07", 8, True, True),
)


@pytest.mark.parametrize(("occurred", "recorded", "day", "late_days", "is_late", "is_night"), TIMES)
def test_times_follow_from_event_and_record(occurred, recorded, day, late_days, is_late, is_night):
    """AL-honest-times. Days and hours are those of the place, not of UTC."""
    record = Hazard(occurred_on=dt.date.fromisoformat(occurred), recorded_at=at(*recorded.split(" ")))

    set_times(record, spec_of(record))

    assert record.recorded_on == dt.date.fromisoformat(day)
    assert (record.late_days, record.is_late, record.is_night_entry) == (late_days, is_late, is_night)


def test_what_is_in_force_is_never_late():
    """AL-honest-times. The date of a standing record says since when it holds."""
    place = KeyPlace(occurred_on=dt.date(2010, 1, 1), recorded_at=at("2025-03-01"))

    set_times(place, spec_of(place))

    assert (place.late_days, place.is_late) == (5538, False)


def hazards(*rows) -> list[Hazard]:
    """(recorded at, person, occurred, text) → records with the keys 1, 2, …"""
    return [
        Hazard(
            pk=key,
            recorded_at=at(*recorded.split(" ")),
            recorded_by_id=person,
            occurred_on=dt.date.fromisoformat(occurred),
            description=text,
        )
        for key, (recorded, person, occurred, text) in enumerate(rows, start=1)
    ]


def found(rows, name: str) -> list[int]:
    spec = spec_of(Hazard)
    return [key for key, what in sorted(seen(spec, rows).items()) if getattr(what, name)]


def minute(count: int, person: int = 1, clock: str = "10:00") -> list[tuple[str, int, str, str]]:
    return [(f"2025-03-01 {clock}:{second:02d}", person, "2025-03-01", "") for second in range(count)]


BATCHES = (
    ("four in a minute", minute(4), []),
    ("five in a minute", minute(5), [1, 2, 3, 4, 5]),
    ("five, two people", [*minute(3), *minute(2, person=2)], []),
    ("five, across a minute", [*minute(3), *minute(2, clock="10:01")], []),
    ("five and one alone", [*minute(5), *minute(1, clock="11:00")], [1, 2, 3, 4, 5]),
)


@pytest.mark.parametrize(("name", "rows", "keys"), BATCHES, ids=[row[0] for row in BATCHES])
def test_a_batch_is_five_records_by_one_person_within_a_minute(name, rows, keys):
    """AL-honest-times."""
    assert found(hazards(*rows), "is_batch_entry") == keys


def test_an_imported_record_is_a_batch_entry():
    """AL-honest-times."""
    alone = hazards(*minute(1))
    alone[0].batch_id = 7

    assert found(alone, "is_batch_entry") == [1]


def written(*texts: tuple[str, str]) -> list[Hazard]:
    """(occurred, text) → records written at quiet times by different people."""
    rows = [(f"2026-01-02 10:{number:02d}:00", number, day, text) for number, (day, text) in enumerate(texts)]
    return hazards(*rows)


COPIES = (
    ("the same text in two months", written(("2025-03-01", LONG), ("2025-04-01", LONG)), [1, 2]),
    ("the same text twice in one month", written(("2025-03-01", LONG), ("2025-03-20", LONG)), []),
    ("the same month of two years", written(("2024-03-01", LONG), ("2025-03-01", LONG)), []),
    ("two years", written(("2024-12-01", LONG), ("2025-01-01", LONG)), []),
    (
        "spaces, width and punctuation apart",
        written(("2025-03-01", LONG), ("2025-04-01", "消防通道 堆放杂物，已责令清理。")),
        [1, 2],
    ),
    ("another figure is another text", written(("2025-03-01", LONG + "3"), ("2025-04-01", LONG + "4")), []),
    (
        "nine characters tell nothing",
        written(("2025-03-01", "检查无异常一切正常"), ("2025-04-01", "检查无异常一切正常")),
        [],
    ),
    ("ten do", written(("2025-03-01", "检查无异常一切正常了"), ("2025-04-01", "检查无异常一切正常了")), [1, 2]),
    ("empty texts", written(("2025-03-01", ""), ("2025-04-01", "")), []),
)


@pytest.mark.parametrize(("name", "rows", "keys"), COPIES, ids=[row[0] for row in COPIES])
def test_a_copied_text_stands_in_another_month_of_the_year(name, rows, keys):
    """AL-honest-times."""
    assert found(rows, "is_copied") == keys


def test_texts_are_compared_without_width_case_spaces_and_punctuation():
    assert plain_text("Ａ栋 3 层：ＯＫ。") == plain_text("a栋3层ok") == "a栋3层ok"


# ── shares ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def shares(world: World, kind: Honesty, *, as_of: str = "2025-12-31", registers=("case_analysis",)) -> object:
    measure = Measure(code="share", name="", unit="", clause="", subsystem="", definition=share(registers, kind))
    plan = make_plan([measure], schema=schema())
    table = evaluate(plan, period=Period.year(2025), as_of=dt.date.fromisoformat(as_of), engine=world.engine)
    return (table.columns["share_num"][0], table.columns["share_den"][0])


def one_institution(*records: tuple[str, dict[str, object]], register: str = "case_analysis") -> World:
    world = World()
    world.institution()
    for day, values in records:
        world.add(register, day, **values)
    return world


MARKED = (("2025-01-05", 1), ("2025-02-05", 0), ("2025-03-05", None), ("2025-04-05", 1), ("2024-12-05", 1))


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        (Honesty.LATE, "is_late"),
        (Honesty.NIGHT, "is_night_entry"),
        (Honesty.BATCH, "is_batch_entry"),
        (Honesty.COPIED, "is_copied"),
    ],
)
def test_a_share_is_of_the_years_counted_records(kind, column):
    """AL-honest-times. What nobody looked at yet counts below the line and not above; other years and annulled ones nowhere."""
    world = one_institution(*((day, {column: mark}) for day, mark in MARKED))
    world.add("case_analysis", "2025-05-05", is_counted=False, **{column: 1})

    assert shares(world, kind) == (2, 4)


# occurred, recorded, as of → in the burst?
BURSTS = (
    ("2025-03-05", "2025-12-28", "2025-12-31", 1),
    ("2025-03-05", "2025-12-02", "2025-12-31", 1),
    ("2025-03-05", "2025-12-01", "2025-12-31", 0),  # the 31st day before
    ("2025-11-01", "2025-12-28", "2025-12-31", 0),  # sixty days are not more than sixty
    ("2025-10-31", "2025-12-28", "2025-12-31", 1),
    ("2025-12-27", "2025-12-28", "2025-12-31", 0),
    ("2025-03-05", "2026-01-02", "2025-12-31", 0),  # written after the assessment
    ("2025-03-05", "2025-06-20", "2025-06-30", 1),
)


@pytest.mark.parametrize(("occurred", "recorded", "as_of", "expected"), BURSTS)
def test_a_burst_is_old_events_recorded_just_before_the_assessment(occurred, recorded, as_of, expected):
    """AL-honest-times."""
    world = one_institution((occurred, {"recorded_on": recorded}))

    assert shares(world, Honesty.BURST, as_of=as_of) == (expected, 1)


def test_no_record_is_no_data():
    assert shares(one_institution(), Honesty.LATE) == (None, None)


def test_a_share_over_several_registers_adds_them_up():
    world = one_institution(("2025-01-05", {"is_late": 1}), ("2025-02-05", {"is_late": 0}))
    world.add("hazard", "2025-02-05", is_late=1)

    assert shares(world, Honesty.LATE, registers=("case_analysis", "hazard")) == (2, 3)


def test_every_timed_register_has_its_measures_and_judgements_have_none():
    codes = {measure.code for measure in catalogue.all() if measure.code.startswith("honest_")}

    assert {"honest_late_hazard", "honest_copied_hazard", "honest_burst_all", "honest_batch_dispute"} <= codes
    assert not {code for code in codes if "judgement" in code or code.endswith(("_key_place", "_device"))}
    assert catalogue.get("honest_late_hazard").clause == "AL-honest-times"
    assert catalogue.get("honest_late_hazard").name.zh == "隐患迟录占比"
