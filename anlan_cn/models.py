"""Django's list of the registers: one import each. `make new-register` adds a line."""

from anlan_cn.registers.disputes.dispute import Dispute
from anlan_cn.registers.disputes.reward_rule import RewardRule
from anlan_cn.registers.inspection.hazard import Hazard
from anlan_cn.registers.inspection.key_place_check import KeyPlaceCheck
from anlan_cn.registers.production_safety.electrical_installation import ElectricalInstallation
from anlan_cn.registers.production_safety.fire_facility import FireFacility
from anlan_cn.registers.production_safety.key_post import KeyPost
from anlan_cn.registers.production_safety.material_store import MaterialStore
from anlan_cn.registers.production_safety.pressure_vessel import PressureVessel
from anlan_cn.registers.security.case_analysis import CaseAnalysis
from anlan_cn.registers.security.defence_member import DefenceMember
from anlan_cn.registers.security.device import Device
from anlan_cn.registers.security.key_place import KeyPlace
from anlan_cn.registers.security.officer_visit import OfficerVisit
from anlan_cn.registers.security.police_agreement import PoliceAgreement
from anlan_cn.registers.security.security_department import SecurityDepartment
from anlan_cn.registers.security.security_incident import SecurityIncident

__all__ = [
    "CaseAnalysis",
    "DefenceMember",
    "Device",
    "Dispute",
    "ElectricalInstallation",
    "FireFacility",
    "Hazard",
    "KeyPlace",
    "KeyPlaceCheck",
    "KeyPost",
    "MaterialStore",
    "OfficerVisit",
    "PoliceAgreement",
    "PressureVessel",
    "RewardRule",
    "SecurityDepartment",
    "SecurityIncident",
]
