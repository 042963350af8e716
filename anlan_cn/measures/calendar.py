"""What the calendar makes due: the same for every institution."""

from anlan.measures.algebra import PeriodsDue
from anlan_cn.measures.declare import declare

declare(
    "months_due", PeriodsDue(per="month"),
    zh="已满月份", en="Months due", unit="months", clause="S1-A5-d", subsystem="M03",
)  # fmt: skip
declare(
    "quarters_due", PeriodsDue(per="quarter"),
    zh="已满季度", en="Quarters due", unit="quarters", clause="S1-A5-c", subsystem="M03",
)  # fmt: skip
