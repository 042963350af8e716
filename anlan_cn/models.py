"""Django's list of the registers: one import each. `make new-register` adds a line."""
from anlan_cn.registers.inspection.hazard import Hazard
from anlan_cn.registers.security.key_place import KeyPlace

__all__ = ["Hazard", "KeyPlace"]
