"""Conflict of interest on the steps that are reviews or investigations: nobody takes one on a unit that they head, by whichever post.

Each test gives one person a post that opens the step and the post of a head; a colleague with the first post alone takes it.
"""

import datetime as dt

import pytest

from anlan.flow.authority import offered_steps
from anlan.flow.declare import Step
from anlan.flow.errors import Refused
from anlan.flow.evidence import store
from anlan.flow.perform import perform
from anlan.flow.spec import all_registers
from anlan.org.models import Post
from anlan.org.policy import INDEPENDENT
from anlan.org.scope import acting
from anlan_cn.models import CaseAnalysis, Dispute, RecordAudit, SecurityIncident
from tests.conftest import actor_of
from tests.papers import pdf

pytestmark = [pytest.mark.database, pytest.mark.django_db]
SINCE = dt.date(2020, 1, 1)
DAY = dt.date(2025, 5, 3)
AUDIT = {"occurred_on": DAY, "sample": "archived", "sampled": 10, "grade_a": 9, "grade_b": 1, "grade_c": 0}
SAID = "it reviews or investigates a unit that they head"


@pytest.fixture
def heads_emergency(world, zhao):
    """Runs the office of hospital A and heads its emergency department."""
    Post.objects.filter(person=zhao).delete()
    Post.objects.create(person=zhao, unit=world.hospital_a.unit, role="office", starts_on=SINCE)
    Post.objects.create(person=zhao, unit=world.emergency_a, role="department_head", starts_on=SINCE)
    return actor_of(zhao)


@pytest.fixture
def heads_hospital(world, wang):
    """The director of hospital A, with a post in its office too."""
    Post.objects.create(person=wang, unit=world.hospital_a.unit, role="office", starts_on=SINCE)
    return actor_of(wang)


def take(record, step, *, by, evidence=(), reason="", **values):
    with acting(by):
        perform(record, step, by=by, values=values, evidence=list(evidence), reason=reason)
    return record


def audit(world, *, by, department):
    return take(RecordAudit(institution=world.hospital_a), "record", by=by, **AUDIT, department=department)


def dispute(world, *, by, department):
    values = {"occurred_on": DAY, "severity": "general", "department": department}
    return take(Dispute(institution=world.hospital_a), "accept", by=by, **values)


def incident(world, *, by, department):
    values = {"occurred_on": DAY, "kind": "public_order", "category": "theft", "department": department}
    return take(SecurityIncident(institution=world.hospital_a), "record", by=by, **values)


def offered(record, *, to):
    with acting(to):
        return {name for name, _ in offered_steps(record, to=to)}


def test_the_steps_that_are_reviews_or_investigations_say_so():
    found = {
        (spec.code, name, step.independent)
        for spec in all_registers()
        for name, step in spec.steps.items()
        if step.independent
    }
    assert found == {
        ("record_audit", "record", "can:review"),
        ("dispute", "mediate", "can:investigate"),
        ("dispute", "settle", "can:investigate"),
        ("dispute", "close", "can:investigate"),
        ("dispute", "close_unsettled", "can:investigate"),
        ("dispute", "reopen", "can:investigate"),
        ("security_incident", "close", "can:investigate"),
    }


def test_every_name_that_a_conflict_takes_away_belongs_to_a_step():
    named = {name for spec in all_registers() for step in spec.steps.values() for name in (*step.by, step.independent)}
    assert named >= INDEPENDENT == {"can:judge", "can:review", "can:investigate", "can:verify"}


def test_nobody_records_an_audit_of_the_department_that_they_head(world, heads_emergency, li_actor):
    with pytest.raises(Refused, match=SAID):
        audit(world, by=heads_emergency, department=world.emergency_a)
    assert audit(world, by=heads_emergency, department=world.medicine_a).state == "audited"
    assert audit(world, by=li_actor, department=world.emergency_a).state == "audited"


def test_a_head_without_another_post_does_not_slip_in_by_leaving_the_department_out(world, qian, zhou_actor):
    Post.objects.filter(person=qian).update(role="department_head")
    with pytest.raises(Refused, match=SAID):
        take(RecordAudit(institution=world.hospital_a), "record", by=actor_of(qian), **AUDIT)
    own = take(RecordAudit(institution=world.hospital_a), "record", by=zhou_actor, **AUDIT)
    assert own.department == world.medicine_a


def test_nobody_records_an_audit_in_the_institution_that_they_head(world, heads_hospital):
    with pytest.raises(Refused, match=SAID):
        audit(world, by=heads_hospital, department=world.medicine_a)


def test_the_first_responsible_person_heads_the_institution_without_a_post_that_says_so(world, li):
    world.hospital_a.first_responsible = li
    world.hospital_a.save()
    with pytest.raises(Refused, match=SAID):
        audit(world, by=actor_of(li), department=world.medicine_a)


@pytest.mark.parametrize(
    ("step", "values"),
    [
        ("mediate", {"mediation": "internal"}),
        ("settle", {"settled_on": dt.date(2025, 5, 9)}),
        ("close_unsettled", {"closed_on": dt.date(2025, 5, 9), "reason": "已起诉"}),
    ],
)
def test_nobody_handles_a_dispute_of_the_unit_that_they_head(
    world, heads_emergency, heads_hospital, li_actor, step, values
):
    case = dispute(world, by=li_actor, department=world.emergency_a)
    for head in (heads_emergency, heads_hospital):
        assert not offered(case, to=head) & {"mediate", "settle", "close_unsettled"}
        with pytest.raises(Refused, match=SAID):
            take(case, step, by=head, **values)
    assert take(case, step, by=li_actor, **values).version == 2


def test_nobody_closes_or_reopens_a_settled_dispute_of_the_unit_that_they_head(world, heads_emergency, li_actor):
    case = dispute(world, by=li_actor, department=world.emergency_a)
    take(case, "settle", by=li_actor, settled_on=dt.date(2025, 5, 9))
    closing = {"closed_on": dt.date(2025, 5, 9), "evidence": [store("协议.pdf", [pdf("settled")])]}
    for step, values in (("close", closing), ("reopen", {"reason": "再议"})):
        with pytest.raises(Refused, match=SAID):
            take(case, step, by=heads_emergency, **values)
    assert take(case, "close", by=li_actor, **closing).state == "closed"


def test_a_dispute_of_another_department_is_open_to_the_head(world, heads_emergency, li_actor):
    case = dispute(world, by=li_actor, department=world.medicine_a)
    assert take(case, "mediate", by=heads_emergency, mediation="internal").state == "mediating"


def test_nobody_closes_a_security_case_of_the_unit_that_they_head(world, heads_emergency, heads_hospital, li_actor):
    case = incident(world, by=li_actor, department=world.emergency_a)
    for head in (heads_emergency, heads_hospital):
        assert "report" in offered(case, to=head)
        with pytest.raises(Refused, match=SAID):
            take(case, "close", by=head, reason="已处理")
    assert take(case, "close", by=li_actor, reason="已处理").state == "closed"


def test_the_months_case_analysis_is_of_cases_and_open_to_the_head(world, heads_emergency):
    values = {"occurred_on": DAY, "cases_reviewed": 1, "warning_level": "blue", "findings": "无"}
    made = take(
        CaseAnalysis(institution=world.hospital_a), "draft", by=heads_emergency, department=world.emergency_a, **values
    )
    assert made.state == "drafted"


def test_an_unknown_name_of_independence_is_refused_at_the_declaration():
    from dataclasses import replace

    from anlan.flow.errors import DeclarationError
    from anlan.flow.spec import _check, spec_of

    spec = spec_of(RecordAudit(pk=1))
    broken = {**spec.steps, "record": Step(label="x", by=("can:record",), independent="can:look")}
    with pytest.raises(DeclarationError, match='step "record" is independent by the unknown name "can:look"'):
        _check(replace(spec, steps=broken))
