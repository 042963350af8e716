"""Fire, vessels, electricity, dangerous goods and the people who run them. A check due today is not late yet."""

from anlan.measures.algebra import InForce, Ratio
from anlan.measures.predicate import AS_OF, col
from anlan_cn.measures.declare import declare

_TWO_PERSON_KINDS = ("explosive", "toxic", "narcotic", "psychotropic")
_CERTIFIED = (col("vetted_on") <= AS_OF) & (col("trained_on") <= AS_OF) & (col("certificate_valid_until") >= AS_OF)

for _register, _zh, _en, _clause, _faulty in (
    (
        "fire_facility", "消防设施", "Fire facilities", "S1-A4-k2",
        ~col("is_working") | (col("next_check_on") < AS_OF),
    ),
    (
        "pressure_vessel", "锅炉压力容器等设备", "Boilers, vessels and lifts", "S1-A4-k3",
        ~col("is_in_order") | (col("next_inspection_on") < AS_OF),
    ),
    (
        "electrical_installation", "配电设施", "Electrical installations", "S1-A4-k4",
        ~col("is_compliant") | col("has_illegal_use") | (col("next_test_on") < AS_OF),
    ),
    (
        "material_store", "危险物品库", "Stores of dangerous goods", "S1-A4-k5",
        ~col("is_compliant")
        | ~col("is_ledger_balanced")
        | (col("next_reconciliation_on") < AS_OF)
        | (col("kind").isin(_TWO_PERSON_KINDS) & ~col("has_two_person_lock")),
    ),
):  # fmt: skip
    _plural = f"{_register[:-1]}ies" if _register.endswith("y") else f"{_register}s"
    declare(
        f"{_plural}_in_force", InForce(register=_register),
        zh=f"在册{_zh}", en=f"{_en} on the register", unit="records", clause=_clause, subsystem="M07",
    )  # fmt: skip
    declare(
        f"{_plural}_faulty", InForce(register=_register, where=_faulty),
        zh=f"有问题的{_zh}", en=f"{_en} with a fault", unit="records", clause=_clause, subsystem="M07",
    )  # fmt: skip

declare(
    "key_posts_in_force", InForce(register="key_post"),
    zh="要害岗位人员", en="Key-post holders", unit="posts", clause="S1-A4-k8", subsystem="M15",
)  # fmt: skip
declare(
    "key_posts_unqualified", InForce(register="key_post", where=~_CERTIFIED),
    zh="未审核、未培训或无证人员", en="Key-post holders not vetted, trained or certified",
    unit="posts", clause="S1-A4-k8", subsystem="M15",
)  # fmt: skip
declare(
    "key_post_certified_rate",
    Ratio(numerator=InForce(register="key_post", where=_CERTIFIED), denominator=InForce(register="key_post")),
    zh="要害岗位持证率", en="Key-post holders certified", unit="posts", clause="S1-A4-k8", subsystem="M15",
)  # fmt: skip
