"""The roles of a safe-hospital programme: everyone whom its documents name. The administrator reads the descriptions on screen.

A role says what its holder sees and may do, never who is obliged to what: that is the plan's. One file for each group, in the order of the page.
"""

from anlan_cn.roles import commission, department, institution, officer, outside

__all__ = ["commission", "department", "institution", "officer", "outside"]
