"""The 43 rules over facts, for engines that compute with columns: NumPy arrays, pandas series and Polars expressions.

Facts are whole numbers without nulls: coverage as a number of periods, verdicts as points when set, -1 when confirmed,
-2 when nobody decided. Operators are those that all three share; ``where``, ``least`` and ``greatest`` come from the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

MAXIMA = {"a1": 1000, "a2": 1000, "a3": 1000, "a4": 1000, "a5": 2500, "a6": 500, "a7": 1500, "a8": 1500}


class Sheet:
    """The deductions of one set of facts; ``fact`` looks a fact up by name."""

    def __init__(
        self,
        fact: Callable[[str], Any],
        *,
        where: Callable[[Any, Any, Any], Any],
        least: Callable[[Any, Any], Any],
        greatest: Callable[[Any, Any], Any],
    ) -> None:
        self.fact, self.where, self.least, self.greatest = fact, where, least, greatest

    def once(self, condition: Any, points: int) -> Any:
        """A fixed deduction."""
        return self.where(condition, points, 0)

    def judged(self, rule: str, most: int) -> Any:
        """What a person took."""
        return self.least(self.greatest(self.fact(f"j_{rule}"), 0), most)

    def proposed(self, rule: str, condition: Any, points: int) -> Any:
        """What is taken once a person confirmed or set it."""
        verdict = self.fact(f"j_{rule}")
        unset = self.where((verdict == -1) & condition, points, 0)
        return self.where(verdict >= 0, self.least(verdict, points), unset)

    def in_row(self, is_second_level: bool, amount: Any) -> Any:
        """The amount where the class row is the institution's own."""
        level, large = self.fact("class_level"), self.fact("is_large") > 0
        row = (large | (level == 2) | (level == 3)) if is_second_level else ((level == 1) & ~large)
        return self.where(row, amount, 0)

    def rise(self) -> Any:
        """Points for each full step of five per cent."""
        now, before = self.fact("cases"), self.fact("cases_before")
        steps = (now - before) * 100 // self.greatest(before * 5, 1)
        found = self.where(before == 0, self.judged("a3_k4", 600), self.least(steps * 100, 600))
        return self.where(now <= before, 0, found)

    def more_disputes(self) -> Any:
        """One point when there are more than the year before."""
        now, before = self.fact("disputes"), self.fact("disputes_before")
        return self.where(now <= before, 0, self.where(before == 0, self.judged("a5_k6", 100), 100))

    def unsettled(self) -> Any:
        """Whether fewer than 95 % of the disputes are settled."""
        return self.fact("settled") * 100 < self.fact("disputes") * 95

    def rules(self) -> Mapping[str, Callable[[], Any]]:
        """Return what each rule takes, in hundredths, to be called."""
        f = self.fact
        return {
            "a1_k1": lambda: self.once((f("groups") == 0) | (f("teams") == 0), 300),
            "a1_k2": lambda: self.once(f("heads") == 0, 200),
            "a1_k3": lambda: self.once((f("plans") == 0) | (f("schemes") == 0), 300),
            "a1_k4": lambda: self.judged("a1_k4", 200),
            "a2_k1": lambda: self.proposed("a2_k1", f("education_groups") == 0, 100),
            "a2_k2": lambda: self.once(f("education_quarters") < 4, 200),
            "a2_k3": lambda: self.once(f("educated") * 100 < f("staff") * 95, 100),
            "a2_k4": lambda: self.once((f("trainings") == 0) | (f("trainings_bad") > 0), 100),
            "a2_k5": lambda: self.once((f("aware") * 100 < f("respondents") * 90) | (f("screenings") == 0), 100),
            "a2_k6": lambda: self.once(f("notices_late") > 0, 200),
            "a2_k7": lambda: self.once((f("class_level") >= 2) & (f("psychology") == 0), 200),
            "a3_k1": lambda: self.judged("a3_k1", 300),
            "a3_k2": lambda: self.once(f("analyses") < 12, 300),
            "a3_k3": lambda: self.proposed("a3_k3", f("undefended") > 0, 300),
            "a3_k4": self.rise,
            "a4_k1": lambda: self.judged("a4_k1", 200),
            "a4_k2": lambda: self.proposed("a4_k2", (f("fire_bad") > 0) | (f("hazards_fire") > 0), 200),
            "a4_k3": lambda: self.proposed("a4_k3", (f("vessels_bad") > 0) | (f("hazards_boiler") > 0), 200),
            "a4_k4": lambda: self.proposed("a4_k4", (f("electrical_bad") > 0) | (f("hazards_electrical") > 0), 200),
            "a4_k5": lambda: self.proposed("a4_k5", (f("stores_bad") > 0) | (f("hazards_material") > 0), 300),
            "a4_k6": lambda: self.once(f("unguarded") > 0, 200),
            "a4_k7": lambda: self.once(f("crowded_dark") > 0, 200),
            "a4_k8": lambda: self.once(f("posts_good") < f("posts"), 300),
            "a5_k1": lambda: self.once(f("quality_plans") == 0, 2500),
            "a5_k2": lambda: (12 - f("quality_months")) * 50,
            "a5_k3": lambda: f("unchecked") * 50 + self.greatest(f("j_a5_k3"), 0),
            "a5_k4": lambda: (
                self.greatest(f("sampled") * 95 - f("grade_a") * 100, 0) // self.greatest(f("sampled"), 1) * 50
            ),
            "a5_k5": lambda: (4 - f("meetings")) * 50,
            "a5_k6": self.more_disputes,
            "a6_k1": lambda: self.once((f("rewards") == 0) | (f("penalties") == 0), 200),
            "a6_k2": lambda: self.once(
                ((f("places") > 0) & (f("checks") < f("place_months"))) | (f("checks_bad") > 0), 300
            ),
            "a7_k1": lambda: self.in_row(True, self.once(f("agreements") == 0, 300)),
            "a7_k2": lambda: self.in_row(
                True,
                self.proposed(
                    "a7_k2", (f("rooms") == 0) | (f("rooms_equipped") == 0) | (f("agreements_contacts") == 0), 400
                ),
            ),
            "a7_k3": lambda: self.in_row(True, self.once(f("unrecorded") > 0, 200)),
            "a7_k4": lambda: self.in_row(True, self.once(self.unsettled(), 200)),
            "a7_k5": lambda: self.in_row(True, self.once(f("security_full") == 0, 300)),
            "a7_k6": lambda: self.in_row(True, self.once(f("members") == 0, 200)),
            "a7_k7": lambda: self.in_row(True, self.proposed("a7_k7", f("substandard") > 0, 400)),
            "a8_k1": lambda: self.in_row(
                False, self.proposed("a8_k1", (f("agreements_contacts") == 0) | (f("visits") == 0), 500)
            ),
            "a8_k2": lambda: self.in_row(False, self.once(f("unrecorded") > 0, 300)),
            "a8_k3": lambda: self.in_row(False, self.once(self.unsettled(), 200)),
            "a8_k4": lambda: self.in_row(False, self.once(f("security") == 0, 400)),
            "a8_k5": lambda: self.in_row(False, self.proposed("a8_k5", f("undefended") > 0, 600)),
        }

    def points(self, category: str, deducted: Any) -> Any:
        """Return the points of a category from the sum of its deductions."""
        most = MAXIMA[category]
        left = self.greatest(most - deducted, 0)
        return left if category not in ("a7", "a8") else self.in_row(category == "a7", left)
