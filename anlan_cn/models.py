"""Django's list of the registers: one import each. `make new-register` adds a line."""

from anlan_cn.registers.disputes.dispute import Dispute
from anlan_cn.registers.disputes.reward_rule import RewardRule
from anlan_cn.registers.inspection.hazard import Hazard
from anlan_cn.registers.inspection.key_place_check import KeyPlaceCheck
from anlan_cn.registers.mental_health.patient_screening import PatientScreening
from anlan_cn.registers.mental_health.police_notice import PoliceNotice
from anlan_cn.registers.organisation.facility import Facility
from anlan_cn.registers.organisation.function_duty import FunctionDuty
from anlan_cn.registers.organisation.leading_group import LeadingGroup
from anlan_cn.registers.organisation.leading_group_post import LeadingGroupPost
from anlan_cn.registers.organisation.programme_plan import ProgrammePlan
from anlan_cn.registers.organisation.support_item import SupportItem
from anlan_cn.registers.production_safety.electrical_installation import ElectricalInstallation
from anlan_cn.registers.production_safety.fire_facility import FireFacility
from anlan_cn.registers.production_safety.key_post import KeyPost
from anlan_cn.registers.production_safety.material_store import MaterialStore
from anlan_cn.registers.production_safety.pressure_vessel import PressureVessel
from anlan_cn.registers.quality.committee_meeting import CommitteeMeeting
from anlan_cn.registers.quality.quality_activity import QualityActivity
from anlan_cn.registers.quality.quality_plan import QualityPlan
from anlan_cn.registers.quality.record_audit import RecordAudit
from anlan_cn.registers.security.case_analysis import CaseAnalysis
from anlan_cn.registers.security.defence_member import DefenceMember
from anlan_cn.registers.security.device import Device
from anlan_cn.registers.security.key_place import KeyPlace
from anlan_cn.registers.security.officer_visit import OfficerVisit
from anlan_cn.registers.security.police_agreement import PoliceAgreement
from anlan_cn.registers.security.security_department import SecurityDepartment
from anlan_cn.registers.security.security_incident import SecurityIncident
from anlan_cn.registers.training.awareness_survey import AwarenessSurvey
from anlan_cn.registers.training.education_attendance import EducationAttendance
from anlan_cn.registers.training.education_group import EducationGroup
from anlan_cn.registers.training.education_session import EducationSession
from anlan_cn.registers.training.technical_training import TechnicalTraining

__all__ = [
    "AwarenessSurvey",
    "CaseAnalysis",
    "CommitteeMeeting",
    "DefenceMember",
    "Device",
    "Dispute",
    "EducationAttendance",
    "EducationGroup",
    "EducationSession",
    "ElectricalInstallation",
    "Facility",
    "FireFacility",
    "FunctionDuty",
    "Hazard",
    "KeyPlace",
    "KeyPlaceCheck",
    "KeyPost",
    "LeadingGroup",
    "LeadingGroupPost",
    "MaterialStore",
    "OfficerVisit",
    "PatientScreening",
    "PoliceAgreement",
    "PoliceNotice",
    "PressureVessel",
    "ProgrammePlan",
    "QualityActivity",
    "QualityPlan",
    "RecordAudit",
    "RewardRule",
    "SecurityDepartment",
    "SecurityIncident",
    "SupportItem",
    "TechnicalTraining",
]
