"""Leadership, plans, means and duties: what must be in force on the day of assessment."""

from anlan.measures.algebra import Count, InForce
from anlan.measures.predicate import col
from anlan_cn.measures.declare import declare

declare(
    "leading_groups_in_force", InForce(register="leading_group", where=col("kind") == "leading_group"),
    zh="在任领导小组", en="Leading groups in force", unit="records", clause="S1-A1-k1", subsystem="M02",
)  # fmt: skip
declare(
    "working_teams_in_force", InForce(register="leading_group", where=col("kind") == "working_team"),
    zh="在任工作专班", en="Working teams in force", unit="records", clause="S1-A1-k1", subsystem="M02",
)  # fmt: skip
declare(
    "heads_listed_first_responsible",
    InForce(register="leading_group_post", where=col("is_institution_head") & col("is_first_responsible")),
    zh="列为第一责任人的主要负责人", en="Heads listed as first responsible",
    unit="posts", clause="S1-A1-k2", subsystem="M02",
)  # fmt: skip
declare(
    "year_plans_in_force", InForce(register="programme_plan", where=col("kind") == "year_plan"),
    zh="有效年度规划", en="Year plans in force", unit="records", clause="S1-A1-k3", subsystem="M01",
)  # fmt: skip
declare(
    "implementation_schemes_in_force",
    InForce(register="programme_plan", where=col("kind") == "implementation_scheme"),
    zh="有效实施方案", en="Implementation schemes in force", unit="records", clause="S1-A1-k3", subsystem="M01",
)  # fmt: skip

for _kind, _zh, _en in (("people", "人员", "people"), ("money", "经费", "money"), ("goods", "物资", "goods")):
    declare(
        f"support_items_{_kind}", Count(register="support_item", where=col("kind") == _kind),
        zh=f"{_zh}保障记录", en=f"Support recorded in {_en}", unit="records", clause="S1-A1-c", subsystem="M02",
    )  # fmt: skip

declare(
    "function_duties_in_force", InForce(register="function_duty"),
    zh="在册职能职责", en="Function duties in force", unit="records", clause="S1-A3-k1", subsystem="M02",
)  # fmt: skip
declare(
    "function_duties_unsigned", InForce(register="function_duty", where=~col("is_signed")),
    zh="未签字的职能职责", en="Function duties not signed", unit="records", clause="S1-A3-k1", subsystem="M02",
)  # fmt: skip
declare(
    "reward_rules_in_force", InForce(register="reward_rule", where=col("covers_rewards").is_true()),
    zh="含奖励的有效制度", en="Rules in force that cover rewards",
    unit="records", clause="S1-A6-k1", subsystem="M18",
)  # fmt: skip
declare(
    "penalty_rules_in_force", InForce(register="reward_rule", where=col("covers_penalties").is_true()),
    zh="含惩处的有效制度", en="Rules in force that cover penalties",
    unit="records", clause="S1-A6-k1", subsystem="M18",
)  # fmt: skip
