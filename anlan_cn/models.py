"""Django's list of the registers: one import each. `make new-register` adds a line."""

from anlan_cn.registers.inspection.hazard import Hazard
from anlan_cn.registers.mental_health.patient_screening import PatientScreening
from anlan_cn.registers.mental_health.police_notice import PoliceNotice
from anlan_cn.registers.organisation.facility import Facility
from anlan_cn.registers.organisation.function_duty import FunctionDuty
from anlan_cn.registers.organisation.leading_group import LeadingGroup
from anlan_cn.registers.organisation.leading_group_post import LeadingGroupPost
from anlan_cn.registers.organisation.programme_plan import ProgrammePlan
from anlan_cn.registers.organisation.support_item import SupportItem
from anlan_cn.registers.quality.committee_meeting import CommitteeMeeting
from anlan_cn.registers.quality.quality_activity import QualityActivity
from anlan_cn.registers.quality.quality_plan import QualityPlan
from anlan_cn.registers.quality.record_audit import RecordAudit
from anlan_cn.registers.security.key_place import KeyPlace
from anlan_cn.registers.training.awareness_survey import AwarenessSurvey
from anlan_cn.registers.training.education_attendance import EducationAttendance
from anlan_cn.registers.training.education_group import EducationGroup
from anlan_cn.registers.training.education_session import EducationSession
from anlan_cn.registers.training.technical_training import TechnicalTraining

__all__ = [
    "AwarenessSurvey",
    "CommitteeMeeting",
    "EducationAttendance",
    "EducationGroup",
    "EducationSession",
    "Facility",
    "FunctionDuty",
    "Hazard",
    "KeyPlace",
    "LeadingGroup",
    "LeadingGroupPost",
    "PatientScreening",
    "PoliceNotice",
    "ProgrammePlan",
    "QualityActivity",
    "QualityPlan",
    "RecordAudit",
    "SupportItem",
    "TechnicalTraining",
]
