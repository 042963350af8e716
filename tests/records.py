"""Records for tests, made as people make them: through `perform`, in scope, step by step."""

import datetime as dt
from typing import Any

from anlan.flow.perform import perform
from anlan.kernel.parameter import Parameter, UnknownParameter, declare_parameter, find_parameter
from anlan.org.models import Institution
from anlan.org.scope import Actor, acting
from anlan_cn.models import Hazard, KeyPlace

FOUND_ON = dt.date(2025, 3, 10)
NOON = dt.datetime(2025, 3, 10, 4, 0, tzinfo=dt.UTC)


def list_place(
    institution: Institution, *, by: Actor, name: str = "药房", at: dt.datetime = NOON, **data: Any
) -> KeyPlace:
    """Open a key place."""
    values = {"occurred_on": dt.date(2025, 1, 6), "kind": "pharmacy", "name": name, "location": "门诊楼一层"} | data
    with acting(by):
        place = KeyPlace(institution=institution)
        perform(place, "list_place", by=by, at=at, **values)
    return place


def report_hazard(institution: Institution, *, by: Actor, at: dt.datetime = NOON, **data: Any) -> Hazard:
    """Open a hazard."""
    _know_the_deadline()
    values = {"occurred_on": FOUND_ON, "area": "fire", "level": "general", "description": "消防通道堆放杂物"} | data
    with acting(by):
        hazard = Hazard(institution=institution)
        perform(hazard, "report", by=by, at=at, **values)
    return hazard


def _know_the_deadline() -> None:
    """A hazard's deadline is content; where it is not loaded, tests reckon with 30 days."""
    try:
        find_parameter("hazard.rectify_days", on=FOUND_ON)
    except UnknownParameter:
        since = dt.date(2000, 1, 1)
        row = {"code": "hazard.rectify_days", "value": 30, "unit": "days", "starts_on": since}
        declare_parameter(Parameter(**row, instrument="test", clause="test", verified=False))
