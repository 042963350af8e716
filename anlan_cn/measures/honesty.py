"""Honest times (时间诚信) of every register in which something happens: shares that a rubric may ask for; the 2018 rubric does not.

`config.content` imports it after the registers are known, since it declares a measure for each: `honest_<kind>_<register>`,
and `honest_<kind>_all` over all of them.
"""

from django.utils import translation

from anlan.flow.spec import RegisterSpec, all_registers
from anlan.measures.honesty import Honesty, share
from anlan_cn.measures.declare import declare

NAMES = {
    Honesty.LATE: ("迟录占比", "recorded late"),
    Honesty.BURST: ("考核前突击补录占比", "recorded in a burst before the assessment"),
    Honesty.NIGHT: ("夜间录入占比", "recorded at night"),
    Honesty.BATCH: ("批量录入占比", "recorded in batches"),
    Honesty.COPIED: ("跨月雷同文字占比", "with a text as in another month"),
}


def watched(kind: Honesty) -> tuple[RegisterSpec, ...]:
    """Return the registers of which the kind tells something."""
    timed = (spec for spec in all_registers() if spec.is_timed)
    says = {Honesty.COPIED: lambda spec: bool(spec.free_texts), Honesty.BATCH: lambda spec: not spec.comes_in_lists}
    return tuple(spec for spec in timed if says.get(kind, lambda _: True)(spec))


def _named(spec: RegisterSpec, language: str) -> str:
    with translation.override(language):
        return str(spec.name)


def _declare(kind: Honesty, name: str, registers: list[str], *, zh: str, en: str) -> None:
    says_zh, says_en = NAMES[kind]
    declare(
        f"honest_{kind}_{name}", share(registers, kind),
        zh=f"{zh}{says_zh}", en=f"{en}: share {says_en}", unit="records", clause="AL-honest-times", subsystem="M18",
    )  # fmt: skip


for _kind in Honesty:
    _specs = watched(_kind)
    for _spec in _specs:
        _declare(_kind, _spec.code, [_spec.code], zh=_named(_spec, "zh-hans"), en=_named(_spec, "en"))
    _declare(_kind, "all", [spec.code for spec in _specs], zh="各台账", en="All registers")
