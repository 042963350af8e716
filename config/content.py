"""Hands the content of `anlan_cn` to the engine's registries. Another country would replace this file and one package."""

from pathlib import Path

import yaml

import anlan_cn
from anlan.assessment.load import load_parameters, register_rubric_folder
from anlan.assessment.score import use_schema
from anlan.facts.schema import live_schema
from anlan.kernel.parameter import declare_parameter
from anlan.kernel.workdays import WorkingDayTable, set_working_day_table

CONTENT = Path(anlan_cn.__file__).parent
LAW = CONTENT / "law"


def load() -> None:
    """Enter every declaration of the content; calling it twice changes nothing."""
    import anlan_cn.grounds
    import anlan_cn.measures
    import anlan_cn.measures.honesty
    import anlan_cn.roles
    import anlan_cn.subsystems  # noqa: F401  (all of them declare on import)

    register_rubric_folder(CONTENT / "rubrics")
    for file in sorted((LAW / "parameters").glob("*.yaml")):
        for parameter in load_parameters(LAW, file.stem):
            declare_parameter(parameter)
    set_working_day_table(_working_days(LAW / "workdays.yaml"))
    use_schema(live_schema())


def _working_days(file: Path) -> WorkingDayTable:
    years = yaml.safe_load(file.read_text(encoding="utf-8"))["years"]
    days = {
        name: frozenset(day for year in years.values() for day in year[name]) for name in ("holidays", "makeup_days")
    }
    return WorkingDayTable(years=frozenset(years), off=days["holidays"], on=days["makeup_days"])
