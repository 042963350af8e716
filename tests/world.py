"""The small tree in which the personas work: a province, a city, two districts, three hospitals and their departments."""

import datetime as dt
from dataclasses import dataclass

from anlan.org.models import Institution, Person, Post, Unit

POSTS_SINCE = dt.date(2020, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Units by what they are. Hospitals A and B lie in district 1, hospital C in district 2."""

    province: Unit
    city: Unit
    district_1: Unit
    district_2: Unit
    hospital_a: Institution
    hospital_b: Institution
    hospital_c: Institution
    emergency_a: Unit
    medicine_a: Unit
    emergency_b: Unit
    outpatients_c: Unit


def build_world() -> World:
    """Store the tree and return it."""
    province = Unit.objects.add_root(_unit("P", "江海省卫生健康委", level=Unit.Level.PROVINCE))
    city = _below(province, _unit("P1", "澜州市卫生健康委", level=Unit.Level.CITY))
    district_1 = _below(city, _unit("P11", "东城区卫生健康委", level=Unit.Level.DISTRICT))
    district_2 = _below(city, _unit("P12", "西河区卫生健康委", level=Unit.Level.DISTRICT))
    hospital_a = _hospital(district_1, "A", "东城区第一人民医院", class_level=2, beds=420, staff=610)
    hospital_b = _hospital(district_1, "B", "东城区中医院", class_level=2, kind="tcm", beds=260, staff=380)
    hospital_c = _hospital(district_2, "C", "西河区人民医院", class_level=1, beds=90, staff=130)
    return World(
        province=province,
        city=city,
        district_1=district_1,
        district_2=district_2,
        hospital_a=hospital_a,
        hospital_b=hospital_b,
        hospital_c=hospital_c,
        emergency_a=_below(hospital_a.unit, _unit("A-ER", "急诊科", kind=Unit.Kind.DEPARTMENT)),
        medicine_a=_below(hospital_a.unit, _unit("A-IM", "内科", kind=Unit.Kind.DEPARTMENT)),
        emergency_b=_below(hospital_b.unit, _unit("B-ER", "急诊科", kind=Unit.Kind.DEPARTMENT)),
        outpatients_c=_below(hospital_c.unit, _unit("C-OP", "门诊部", kind=Unit.Kind.DEPARTMENT)),
    )


def employ(username: str, name: str, role: str, unit: Unit) -> Person:
    """Store a person with one post. They have no password; tests that sign in set one."""
    person = Person.objects.create_user(username, name=name)
    Post.objects.create(person=person, unit=unit, role=role, starts_on=POSTS_SINCE)
    return person


def _unit(code: str, name: str, *, kind: str = Unit.Kind.COMMISSION, level: str = "") -> dict[str, str]:
    return {"code": code, "name": name, "kind": kind, "level": level}


def _below(parent: Unit, fields: dict[str, str]) -> Unit:
    return Unit.objects.add_child(parent, fields)


def _hospital(
    district: Unit, code: str, name: str, *, class_level: int, beds: int, staff: int, kind: str = "general"
) -> Institution:
    unit = _below(district, _unit(code, name, kind=Unit.Kind.INSTITUTION))
    return Institution.objects.create(unit=unit, code=code, class_level=class_level, kind=kind, beds=beds, staff=staff)
