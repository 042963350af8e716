"""Hands the content of `anlan_cn` to the engine's registries. Another country would replace this file and one package."""

from pathlib import Path

import anlan_cn
from anlan.assessment.load import load_parameters, register_rubric_folder
from anlan.assessment.score import use_schema
from anlan.facts.schema import live_schema
from anlan.kernel.parameter import declare_parameter

CONTENT = Path(anlan_cn.__file__).parent
LAW = CONTENT / "law"


def load() -> None:
    """Enter every declaration of the content; calling it twice changes nothing."""
    import anlan_cn.measures
    import anlan_cn.roles
    import anlan_cn.subsystems  # noqa: F401  (all three declare on import)

    register_rubric_folder(CONTENT / "rubrics")
    for file in sorted((LAW / "parameters").glob("*.yaml")):
        for parameter in load_parameters(LAW, file.stem):
            declare_parameter(parameter)
    use_schema(live_schema())
