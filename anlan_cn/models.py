"""Django's list of the registers: one import each. `make new-register` adds a line."""

from anlan_cn.registers.inspection.hazard import Hazard
from anlan_cn.registers.organisation.facility import Facility
from anlan_cn.registers.organisation.function_duty import FunctionDuty
from anlan_cn.registers.organisation.leading_group import LeadingGroup
from anlan_cn.registers.organisation.leading_group_post import LeadingGroupPost
from anlan_cn.registers.organisation.programme_plan import ProgrammePlan
from anlan_cn.registers.organisation.support_item import SupportItem
from anlan_cn.registers.security.key_place import KeyPlace

__all__ = [
    "Facility",
    "FunctionDuty",
    "Hazard",
    "KeyPlace",
    "LeadingGroup",
    "LeadingGroupPost",
    "ProgrammePlan",
    "SupportItem",
]
