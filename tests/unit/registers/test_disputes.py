# ruff: noqa: F811  (fixtures come by import)
"""Disputes from acceptance to the closed file, and the reward rule."""

import datetime as dt

import pytest
from django.db import IntegrityError

from anlan.flow.errors import InvalidData, Refused
from anlan.flow.spec import spec_of
from anlan.kernel.parameter import parameter_value
from anlan.kernel.workdays import WorkingDayTable, set_working_day_table, working_day_table
from anlan.org.models import Institution
from anlan.org.roles import Sensitivity
from anlan.org.scope import Actor
from anlan_cn.models import Dispute, RewardRule
from tests.unit.registers.conftest_reg2 import institution, legal_terms, office, take  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def dispute(office: Actor, institution: Institution) -> Dispute:
    record = Dispute(institution=institution)
    take(record, "accept", by=office, occurred_on="2025-03-03", severity="general", summary="对诊疗有异议")
    return record


def test_a_dispute_is_accepted_mediated_settled_and_closed(office: Actor, dispute: Dispute) -> None:
    assert (dispute.state, dispute.is_counted, dispute.is_settled) == ("accepted", True, False)
    take(dispute, "mediate", by=office, mediation="people", mediation_record_no="调〔2025〕1号")
    assert dispute.has_mediation_record
    take(dispute, "settle", by=office, settled_on="2025-04-01", amount_yuan="12000")
    assert dispute.is_settled
    take(dispute, "close", by=office, files=1, closed_on="2025-04-07")
    assert (dispute.state, dispute.closed_on) == ("closed", dt.date(2025, 4, 7))


def test_mediation_is_due_thirty_working_days_after_acceptance(office: Actor, institution: Institution) -> None:
    """Law: people's mediation ends within 30 working days of acceptance. Counted by hand on Monday to Friday."""
    before = working_day_table()
    set_working_day_table(WorkingDayTable())
    try:
        record = Dispute(institution=institution)
        take(record, "accept", by=office, occurred_on="2025-03-03", severity="general")
    finally:
        set_working_day_table(before)
    assert parameter_value("dispute.mediation_working_days", on=dt.date(2025, 3, 3)) == 30
    assert record.due_on == dt.date(2025, 4, 14)


def test_a_dispute_can_be_closed_unsettled_and_reopened(office: Actor, dispute: Dispute) -> None:
    take(dispute, "close_unsettled", by=office, reason="went to court", closed_on="2025-04-07")
    assert (dispute.state, dispute.is_settled) == ("closed", False)
    take(dispute, "reopen", by=office, reason="withdrawn from court")
    assert (dispute.state, dispute.closed_on) == ("accepted", None)


def test_a_reopened_dispute_no_longer_counts_as_settled(office: Actor, dispute: Dispute) -> None:
    take(dispute, "settle", by=office, settled_on="2025-04-01")
    take(dispute, "reopen", by=office, reason="the agreement was not kept")
    assert (dispute.settled_on, dispute.is_settled) == (None, False)


def test_a_dispute_is_not_settled_before_it_was_accepted(office: Actor, dispute: Dispute) -> None:
    with pytest.raises(InvalidData, match="It cannot be settled before it was accepted"):
        take(dispute, "settle", by=office, settled_on="2025-03-02")


def test_an_open_dispute_has_no_day_of_settlement(office: Actor, dispute: Dispute) -> None:
    with pytest.raises(InvalidData, match="It is still open"):
        take(dispute, "correct", by=office, reason="late entry", settled_on="2025-04-01")


def test_a_mediation_record_needs_a_mediation(office: Actor, dispute: Dispute) -> None:
    with pytest.raises(InvalidData, match="There is a mediation record but no mediation"):
        take(dispute, "settle", by=office, settled_on="2025-04-01", mediation_record_no="调〔2025〕1号")


def test_mediation_names_who_mediates(office: Actor, dispute: Dispute) -> None:
    with pytest.raises(InvalidData, match="Say who mediates"):
        take(dispute, "mediate", by=office, mediation="none")


def test_the_database_holds_the_settlement_to_its_day(office: Actor, dispute: Dispute) -> None:
    with pytest.raises(IntegrityError, match="anlan_cn_dispute_settled_has_day"):
        Dispute.objects.filter(pk=dispute.pk).update(is_settled=True)


def test_disputes_are_sensitive_and_their_summary_sealed(qian_actor: Actor, institution: Institution) -> None:
    spec = spec_of(Dispute)
    assert spec.sensitivity is Sensitivity.SENSITIVE
    assert spec.field_sensitivity["summary"] is Sensitivity.SEALED
    with pytest.raises(Refused, match="may not take the step"):
        take(Dispute(institution=institution), "accept", by=qian_actor, occurred_on="2025-03-03", severity="general")


def test_a_rule_counts_once_it_is_issued(office: Actor, institution: Institution) -> None:
    rule = RewardRule(institution=institution)
    take(rule, "draft", by=office, occurred_on="2025-02-01", title="奖惩办法", covers_rewards=True)
    assert not rule.is_counted
    take(rule, "issue", by=office, files=1, document_no="院办〔2025〕3号")
    assert (rule.is_counted, rule.state) == (True, "issued")


def test_a_rule_covers_something(office: Actor, institution: Institution) -> None:
    with pytest.raises(InvalidData, match="A rule that covers neither rewards nor penalties is none"):
        take(RewardRule(institution=institution), "draft", by=office, occurred_on="2025-02-01", title="奖惩办法")
