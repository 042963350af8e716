"""Medical disputes: how many, how they moved, how many were settled and on whose record."""

from anlan.measures.algebra import Change, Count, Ratio
from anlan.measures.predicate import AS_OF, col
from anlan_cn.measures.declare import declare

_ALL = Count(register="dispute")
_MAJOR = Count(register="dispute", where=col("severity") == "major")
_SETTLED = Count(register="dispute", where=col("settled_on") <= AS_OF)
_NO_RECORD = ~col("has_mediation_record")

declare(
    "disputes", _ALL,
    zh="受理纠纷", en="Disputes accepted", unit="records", clause="S1-A5-k6", subsystem="M11",
)  # fmt: skip
declare(
    "disputes_change", Change(measure=_ALL),
    zh="医疗纠纷同比", en="Disputes against the year before",
    unit="records", clause="S1-A5-k6", subsystem="M11",
)  # fmt: skip
declare(
    "major_disputes_change", Change(measure=_MAJOR),
    zh="重大医患纠纷同比", en="Major disputes against the year before",
    unit="records", clause="S1-3.9-c", subsystem="M11",
)  # fmt: skip
declare(
    "dispute_settled_rate", Ratio(numerator=_SETTLED, denominator=_ALL),
    zh="医患纠纷调处率", en="Disputes settled", unit="records", clause="S1-A7-k4", subsystem="M11",
)  # fmt: skip
declare(
    "closed_disputes_without_record",
    Count(register="dispute", where=(col("closed_on") <= AS_OF) & _NO_RECORD),
    zh="结案而无调解记录的纠纷", en="Closed disputes without a mediation record",
    unit="records", clause="S1-A7-k3", subsystem="M11",
)  # fmt: skip
declare(
    "mediated_disputes_without_record",
    Count(register="dispute", where=(col("mediation") != "none") & _NO_RECORD),
    zh="调解而无记录的纠纷", en="Mediated disputes without a record",
    unit="records", clause="S1-A7-k3", subsystem="M11",
)  # fmt: skip
declare(
    "third_party_mediation_share",
    Ratio(numerator=Count(register="dispute", where=col("mediation").isin(("people", "judicial"))), denominator=_ALL),
    zh="第三方调解占比", en="Disputes mediated by a third party",
    unit="records", clause="S4-4-d", subsystem="M11",
)  # fmt: skip
declare(
    "mass_incidents", Count(register="dispute", where=col("is_mass_incident").is_true()),
    zh="纠纷引发的群体性事件", en="Mass incidents out of disputes",
    unit="records", clause="S1-3.9-d", subsystem="M11",
)  # fmt: skip
