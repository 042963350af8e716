"""Key places, their three defences, devices and monthly checks. Defences are the state of the register today."""

from anlan.measures.algebra import Count, InForce, MonthsInForce, PeriodsCovered, Ratio
from anlan.measures.predicate import ALWAYS, Predicate, col
from anlan_cn.measures.declare import declare

_GUARDED = ("cashier", "pharmacy", "drug_store", "computer_room", "valuable_instrument")
_LINKED = ("cashier", "pharmacy", "drug_store", "radiation")
_ALL_DEFENCES = col("has_people_defence") & col("has_object_defence") & col("has_technical_defence")
# Only due months: a check made early in a month that is not over must not stand in for one that is missing
_COMPLETE_CHECKS = Count(register="key_place_check", where=col("is_complete").is_true(), window="due_months")


def _places(where: Predicate = ALWAYS) -> InForce:
    return InForce(register="key_place", where=where)


def _cameras(where: Predicate = ALWAYS) -> InForce:
    return InForce(register="device", where=(col("kind") == "camera") & where)


declare(
    "key_places_in_force", _places(),
    zh="在册要害部位", en="Key places on the register", unit="places", clause="S1-A3-k3", subsystem="M06",
)  # fmt: skip
declare(
    "key_places_lacking_defence", _places(~_ALL_DEFENCES),
    zh="三防不齐的要害部位", en="Key places that lack a defence",
    unit="places", clause="S1-A3-k3", subsystem="M06",
)  # fmt: skip
declare(
    "three_defence_completeness", Ratio(numerator=_places(_ALL_DEFENCES), denominator=_places()),
    zh="三防健全率", en="Three-defence completeness", unit="places", clause="S1-A3-k3", subsystem="M06",
)  # fmt: skip
declare(
    "key_places_below_technical_standard", _places(~col("meets_technical_standard")),
    zh="技防未达标的要害部位", en="Key places below the technical standard",
    unit="places", clause="S1-A7-k7", subsystem="M06",
)  # fmt: skip
declare(
    "guarded_places_in_force", _places(col("kind").isin(_GUARDED)),
    zh="财务药品设备类部位", en="Cashier, drug, machine and instrument places",
    unit="places", clause="S1-A4-k6", subsystem="M06",
)  # fmt: skip
declare(
    "guarded_places_unprotected",
    _places(col("kind").isin(_GUARDED) & ~(col("has_object_defence") & col("has_alarm"))),
    zh="缺防护或报警的部位", en="Such places without guard or alarm",
    unit="places", clause="S1-A4-k6", subsystem="M06",
)  # fmt: skip
declare(
    "crowded_places_in_force", _places(col("is_crowded").is_true()),
    zh="人群聚集部位", en="Crowded places", unit="places", clause="S1-A4-k7", subsystem="M06",
)  # fmt: skip
declare(
    "crowded_places_without_camera", _places(col("is_crowded") & ~col("has_camera")),
    zh="无监控的人群聚集部位", en="Crowded places without a camera",
    unit="places", clause="S1-A4-k7", subsystem="M06",
)  # fmt: skip
declare(
    "alarm_coverage", Ratio(numerator=_places(col("has_alarm").is_true()), denominator=_places()),
    zh="报警覆盖率", en="Key places with an alarm", unit="places", clause="S1-3.13-g", subsystem="M06",
)  # fmt: skip
declare(
    "police_link_coverage",
    Ratio(
        numerator=_places(col("kind").isin(_LINKED) & col("has_link_110")),
        denominator=_places(col("kind").isin(_LINKED)),
    ),
    zh="110 联网覆盖率", en="Listed places linked to the police line",
    unit="places", clause="S1-3.13-h", subsystem="M06",
)  # fmt: skip
declare(
    "camera_hd_rate", Ratio(numerator=_cameras(col("is_hd").is_true()), denominator=_cameras()),
    zh="视频高清率", en="Cameras in high definition", unit="devices", clause="S1-3.13-d", subsystem="M06",
)  # fmt: skip
declare(
    "camera_networked_rate", Ratio(numerator=_cameras(col("is_networked").is_true()), denominator=_cameras()),
    zh="视频联网率", en="Cameras on the network", unit="devices", clause="S1-3.13-e", subsystem="M06",
)  # fmt: skip
declare(
    "camera_infrared_rate",
    Ratio(numerator=_cameras(col("is_infrared_1080p").is_true()), denominator=_cameras()),
    zh="1080p 红外摄像机占比", en="Cameras with 1080p infrared",
    unit="devices", clause="S2-6.3-c", subsystem="M06",
)  # fmt: skip
declare(
    "key_place_months_due", MonthsInForce(register="key_place"),
    zh="应做的要害部位月检查", en="Key-place checks due, one for each place and month", unit="records", clause="S1-A6-k2", subsystem="M05",
)  # fmt: skip
declare(
    "key_place_checks_complete", _COMPLETE_CHECKS,
    zh="完整的要害部位检查", en="Complete key-place checks", unit="records", clause="S1-A6-k2", subsystem="M05",
)  # fmt: skip
declare(
    "key_place_checks_incomplete", Count(register="key_place_check", where=~col("is_complete")),
    zh="台账不完整的检查", en="Key-place checks with an incomplete record",
    unit="records", clause="S1-A6-k2", subsystem="M05",
)  # fmt: skip
declare(
    "key_place_check_months_covered",
    PeriodsCovered(register="key_place_check", per="month", where=col("is_complete").is_true()),
    zh="有要害部位检查的月份", en="Months with a key-place check",
    unit="months", clause="S1-A6-k2", subsystem="M05",
)  # fmt: skip
declare(
    "key_place_check_rate",
    Ratio(numerator=_COMPLETE_CHECKS, denominator=MonthsInForce(register="key_place")),
    zh="重点部位月检率", en="Monthly key-place checks made",
    unit="months", clause="S1-A6-k2", subsystem="M05",
)  # fmt: skip
