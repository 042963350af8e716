"""OpenFisca-core: the 43 rules as variables over N institutions. Its language has no grouping, so NumPy gathers the facts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from openfisca_core.entities import build_entity
from openfisca_core.periods import YEAR
from openfisca_core.simulations import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

from bench.peers.formulas import MAXIMA, Sheet
from bench.peers.numpy_facts import Facts

PERIOD = "2025"


def system(facts: list[str]) -> TaxBenefitSystem:
    """Return the rubric as a system of variables: facts as inputs, rules, categories and the score as formulas."""
    entity = build_entity(key="institution", plural="institutions", label="institution", is_person=True)
    tbs = TaxBenefitSystem([entity])

    def declare(name: str, formula: Callable[[Any, Any], Any] | None = None) -> None:
        members: dict[str, Any] = {"value_type": int, "entity": entity, "definition_period": YEAR, "label": name}
        if formula is not None:
            members["formula"] = formula
        tbs.add_variable(type(name, (Variable,), members))

    def sheet(institution: Any, period: Any) -> Sheet:
        return Sheet(lambda name: institution(name, period), where=np.where, least=np.minimum, greatest=np.maximum)

    rules = tuple(sheet(None, None).rules())
    for fact in facts:
        declare(fact)
    for rule in rules:
        declare(rule, _formula(sheet, rule))
    for category in MAXIMA:
        own = [rule for rule in rules if rule.startswith(category)]
        declare(category, _points(sheet, category, own))
    declare("raw", lambda institution, period: sum(institution(category, period) for category in MAXIMA))
    return tbs


def _formula(sheet: Callable[[Any, Any], Sheet], rule: str) -> Callable[[Any, Any], Any]:
    def formula(institution: Any, period: Any) -> Any:
        return sheet(institution, period).rules()[rule]()

    return formula


def _points(sheet: Callable[[Any, Any], Sheet], category: str, own: list[str]) -> Callable[[Any, Any], Any]:
    def formula(institution: Any, period: Any) -> Any:
        deducted = sum(institution(rule, period) for rule in own)
        return sheet(institution, period).points(category, deducted)

    return formula


def run(folder: Path, target: Path) -> None:
    """Write the deliverable."""
    gathered = Facts(folder)
    facts = gathered.gather()
    tbs = system(list(facts))
    simulation = SimulationBuilder().build_default_simulation(tbs, count=gathered.size)
    for name, values in facts.items():
        simulation.set_input(name, PERIOD, values)
    raw = simulation.calculate("raw", PERIOD)
    rules = Sheet(lambda name: None, where=np.where, least=np.minimum, greatest=np.maximum).rules()
    columns = {name: simulation.calculate(name, PERIOD) for name in (*rules, *MAXIMA)}
    table = pa.table({"institution_id": gathered.ids, **columns, "raw": raw})
    pq.write_table(table, target)
