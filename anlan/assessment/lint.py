"""What is wrong with a rubric itself: found in its data, before anyone is scored by it.

A finding is no refusal: a commission may publish a rubric with all of them. Each check is one function over the rubric;
it yields findings with a stable id, the place, the reason and a proposed mend.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from anlan.assessment.conditions import Asked, Below, Joined, Rises, parts_of_condition
from anlan.assessment.jsonform import Json, points
from anlan.assessment.rubric import Content, InstitutionClass, Rubric, Rule
from anlan.assessment.rules import Fixed, PerPercentagePoint, PerRise, ZeroCategory, compared_change
from anlan.kernel.text import Text
from anlan.measures import catalogue
from anlan.measures.algebra import kind_of
from anlan.measures.errors import UnknownMeasure

Check = Callable[[Rubric], "Iterator[Finding]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One defect. ``place`` is the code of a rule, category, clause, term or class, or of the rubric."""

    id: str
    place: str
    reason: Text
    mend: Text

    def to_json(self) -> Json:
        """Return the JSON form."""
        return {
            "id": self.id, "place": self.place, "reason": self.reason.to_data(), "mend": self.mend.to_data(),
        }  # fmt: skip


def lint(rubric: Rubric) -> tuple[Finding, ...]:
    """Return every finding, by check and then in the order of the rubric.

    Source: manual, "Your first rubric".
    """
    return tuple(finding for check in CHECKS for finding in check(rubric))


def attainable_maximum(rubric: Rubric) -> Iterator[Finding]:
    """L001: no class of institutions can reach the printed total."""
    reach = {kind.code: _reach(rubric, kind) for kind in rubric.classes}
    best = max(reach.values(), default=sum(category.max for category in rubric.categories))
    if best < rubric.printed_total:
        most, total = points(best), points(rubric.printed_total)
        yield _finding(
            "L001",
            rubric.code,
            f"印出的总分是 {total}，任何机构至多得 {most}",
            f"The printed total is {total}; no institution can get more than {most}",
            f"以适用满分 {most} 折算百分，或改写各行标准分",
            f"State the score out of {most}, or reset the maxima",
        )


def maxima_and_total(rubric: Rubric) -> Iterator[Finding]:
    """L002: the maxima of all categories do not add up to the printed total."""
    added = sum(category.max for category in rubric.categories)
    if added != rubric.printed_total:
        one, other = points(added), points(rubric.printed_total)
        yield _finding(
            "L002",
            rubric.code,
            f"各项标准分合计 {one}，与印出的总分 {other} 不符",
            f"The maxima add up to {one}, the printed total is {other}",
            "核对各项标准分",
            "Check the maxima against the source",
        )


def class_without_row(rubric: Rubric) -> Iterator[Finding]:
    """L003: a class of institutions meets none of the rows that are for some classes only."""
    rows = [category for category in rubric.categories if category.applies_to]
    for kind in rubric.classes:
        if rows and not any(row.applies(dict(kind.example)) for row in rows):
            most = points(_reach(rubric, kind))
            yield _finding(
                "L003",
                kind.code,
                f"“{kind.name.zh}”没有对应的分类标准行，满分只有 {most}",
                f"{kind.name.en}: no class row applies; the most is {most}",
                "指定适用哪一行，或写明不适用",
                "Say which row applies, or that none does",
            )


def deductions_over_maximum(rubric: Rubric) -> Iterator[Finding]:
    """L004: the printed deductions of a category exceed its maximum."""
    for category in rubric.categories:
        printed = sum(rule.body.most or 0 for rule in category.rules)
        if printed > category.max:
            one, other = points(printed), points(category.max)
            yield _finding(
                "L004",
                category.code,
                f"印出的扣分合计 {one}，标准分只有 {other}",
                f"Printed deductions of {one} over a maximum of {other}",
                "写明扣完为止并显示超出部分，或减小分值",
                "State that the category stops at zero and show the excess, or lower the points",
            )


def rule_over_maximum(rubric: Rubric) -> Iterator[Finding]:
    """L005: one rule alone can take more than its category holds."""
    for category, rule in rubric.rules():
        if (rule.body.most or 0) > category.max:
            one, other = points(rule.body.most or 0), points(category.max)
            yield _finding(
                "L005",
                rule.code,
                f"单条可扣 {one}，超过本项标准分 {other}",
                f"It can take {one} from a category of {other}",
                "减小分值，或改为本项得零分",
                "Lower the points, or let it set the category to zero",
            )


def unbounded_deductions(rubric: Rubric) -> Iterator[Finding]:
    """L006: a deduction counts on without a printed bound."""
    for category, rule in rubric.rules():
        if rule.body.most is None:
            most = points(category.max)
            yield _finding(
                "L006",
                rule.code,
                f"按次累加而无上限，可扣尽本项 {most} 分",
                f"It adds up without a bound and can take all {most} points of its category",
                "写明本条至多扣多少分",
                "Print the most that the rule can take",
            )


def joined_conditions(rubric: Rubric) -> Iterator[Finding]:
    """L007: one deduction strings several conditions together without saying whether one suffices."""
    for _, rule in rubric.rules():
        for part in _conditions(rule):
            if isinstance(part, Joined) and len(part.parts) > 1:
                count = len(part.parts)
                yield _finding(
                    "L007",
                    rule.code,
                    f"一处扣分并列 {count} 个情形，未写明任一即扣还是同时具备",
                    f"One deduction for {count} conditions; the text does not say whether one suffices",
                    "写明“任一”或“同时”，或拆成几条",
                    'Write "either" or "both", or split the rule',
                )


def content_without_deduction(rubric: Rubric) -> Iterator[Finding]:
    """L008: the source asks for something that no rule answers to."""
    for content in _contents(rubric):
        if not content.rules:
            yield _finding(
                "L008",
                content.clause,
                f"有要求而无扣分：{content.text.zh}",
                f"Asked for, but no deduction answers to it: {content.text.en}",
                "增设一条扣分，或注明只作提示",
                "Add a rule, or say that it is for information",
            )


def cadence_conflict(rubric: Rubric) -> Iterator[Finding]:
    """L009: the source states several frequencies for one activity."""
    stated: dict[str, list[tuple[str, str]]] = {}
    for cadence in rubric.cadences:
        stated.setdefault(cadence.subject, []).append((cadence.per, cadence.clause))
    for subject, statements in stated.items():
        if len({per for per, _ in statements}) > 1:
            zh = "、".join(f"{clause} 每{_PER_ZH[per]}" for per, clause in statements)
            en = ", ".join(f"{clause} each {per}" for per, clause in statements)
            yield _finding(
                "L009",
                subject,
                f"同一活动的频次不一：{zh}",
                f"One activity, several frequencies: {en}",
                "写明由谁按何频次开展，扣分按哪一个计",
                "Say who acts how often, and which of them the deduction counts",
            )


def undefined_zero_base(rubric: Rubric) -> Iterator[Finding]:
    """L010: a rule compares with the year before and does not say what a year of zero means."""
    for _, rule in rubric.rules():
        if compared_change(rule.body) and isinstance(rule.body, Fixed | PerRise) and not rule.body.is_base_printed:
            yield _finding(
                "L010",
                rule.code,
                "同比以上年为基数，上年为零时没有规定",
                "It compares with the year before and does not say what follows from a base of zero",
                "写明上年为零时如何扣分，或交考核人员认定",
                "State the deduction for a base of zero, or leave it to a reviewer",
            )


def rule_without_measure(rubric: Rubric) -> Iterator[Finding]:
    """L011: a rule asks a measure that nobody declared, or no measure at all."""
    for _, rule in rubric.rules():
        missing = [code for code in rule.measures() if _kind(code) is None]
        if missing or not rule.measures():
            named = "、".join(missing) or "未指定"
            yield _finding(
                "L011",
                rule.code,
                f"没有可用的指标：{named}",
                f"No measure: {', '.join(missing) or 'none is named'}",
                "声明该指标，或改为人工认定",
                "Declare the measure, or let a person judge the rule",
            )


def clause_without_rule(rubric: Rubric) -> Iterator[Finding]:
    """L012: a clause of the rubric's annex is cited nowhere in the edition."""
    cited = _cited(rubric)
    for clause in rubric.clauses:
        if clause.id.startswith(rubric.clause_prefix) and clause.id not in cited:
            yield _finding(
                "L012",
                clause.id,
                f"条款未被任何扣分或内容引用：{clause.text.zh}",
                f"No rule or content cites the clause: {clause.text.en}",
                "为它增设一条，或从条款表中删去",
                "Add a rule or content for it, or take it off the list",
            )


def undefined_denominator(rubric: Rubric) -> Iterator[Finding]:
    """L013: a rate is asked for whose base is not defined."""
    for content in _contents(rubric):
        if content.denominator == "undefined":
            yield _denominator(content.clause, content.text.zh, content.text.en)
    for _, rule in rubric.rules():
        for code in _ratios(rule):
            if _kind(code) not in (None, "ratio"):
                yield _denominator(rule.code, rule.text.zh, rule.text.en)


def no_pass_mark(rubric: Rubric) -> Iterator[Finding]:
    """L014: the rubric does not say what score passes."""
    if rubric.pass_mark is None:
        yield _finding(
            "L014",
            rubric.code,
            "没有合格分数线，系统不会印出“合格”",
            'No pass mark is printed; nothing will be called "passed"',
            "由主管部门确定合格线后填入细则",
            "Let the commission decide and fill in pass_mark",
        )


def undefined_terms(rubric: Rubric) -> Iterator[Finding]:
    """L015: a word decides who or what is meant and is not defined."""
    for term in rubric.terms:
        if term.definition is None:
            yield _finding(
                "L015",
                term.code,
                f"“{term.name.zh}”没有定义",
                f'"{term.name.en}" is not defined',
                "写明标准，或指定由谁认定",
                "State the criterion, or who decides",
            )


def unreachable_rule(rubric: Rubric) -> Iterator[Finding]:
    """L016: a rule concerns no class of institutions at all."""
    for category, rule in rubric.rules():
        examples = [dict(kind.example) for kind in rubric.classes]
        if examples and not any(category.applies(example) and rule.applies(example) for example in examples):
            yield _finding(
                "L016",
                rule.code,
                "没有任何类别的机构适用本条",
                "No class of institutions meets the rule",
                "核对适用条件",
                "Check whom it applies to",
            )


def unverified_parameters(rubric: Rubric) -> Iterator[Finding]:
    """L017: a threshold was not compared with its source."""
    used = {code for _, rule in rubric.rules() for code in rule.body.parameters()}
    for parameter in rubric.parameters:
        if parameter.code in used and not parameter.verified:
            yield _finding(
                "L017",
                parameter.code,
                f"参数“{parameter.name_zh}”未经核对",
                f'Parameter "{parameter.name_en}" was not compared with its source',
                f"对照 {parameter.clause} 核对后标为已核对",
                f"Compare it with {parameter.clause} and mark it verified",
            )


def measure_of_wrong_kind(rubric: Rubric) -> Iterator[Finding]:
    """L018: a rule compares years with a measure that holds one year only."""
    for _, rule in rubric.rules():
        changes = [part.change for part in _conditions(rule) if isinstance(part, Rises)]
        changes += [rule.body.change] if isinstance(rule.body, PerRise) else []
        for code in changes:
            if _kind(code) not in (None, "change"):
                yield _finding(
                    "L018",
                    rule.code,
                    f"指标 {code} 不含上年数",
                    f"Measure {code} holds no earlier year",
                    "改用同比指标",
                    "Ask a measure of change",
                )


CHECKS: tuple[Check, ...] = (
    attainable_maximum, maxima_and_total, class_without_row, deductions_over_maximum, rule_over_maximum,
    unbounded_deductions, joined_conditions, content_without_deduction, cadence_conflict, undefined_zero_base,
    rule_without_measure, clause_without_rule, undefined_denominator, no_pass_mark, undefined_terms, unreachable_rule,
    unverified_parameters, measure_of_wrong_kind,
)  # fmt: skip
_PER_ZH = {"day": "日", "week": "周", "month": "月", "quarter": "季度", "year": "年"}


def _finding(id: str, place: str, zh: str, en: str, mend_zh: str, mend_en: str) -> Finding:
    mend = Text(zh=f"{mend_zh}。", en=f"{mend_en}.")
    return Finding(id=f"rubric.{id}", place=place, reason=Text(zh=f"{zh}。", en=f"{en}."), mend=mend)


def _denominator(place: str, zh: str, en: str) -> Finding:
    return _finding(
        "L013",
        place,
        f"比率没有规定分母：{zh}",
        f"A rate without a defined base: {en}",
        "写明分母，未定前只显示数目",
        "Define the base; until then show the count only",
    )


def _reach(rubric: Rubric, kind: InstitutionClass) -> int:
    return sum(category.max for category in rubric.categories if category.applies(dict(kind.example)))


def _conditions(rule: Rule) -> Iterator[Asked]:
    if isinstance(rule.body, Fixed | ZeroCategory):
        yield from parts_of_condition(rule.body.when)


def _ratios(rule: Rule) -> Iterator[str]:
    yield from (part.ratio for part in _conditions(rule) if isinstance(part, Below))
    if isinstance(rule.body, PerPercentagePoint):
        yield from rule.body.ratios


def _contents(rubric: Rubric) -> Iterator[Content]:
    for category in rubric.categories:
        yield from category.content
    yield from rubric.content


def _kind(code: str) -> str | None:
    try:
        return kind_of(catalogue.get(code).definition)
    except UnknownMeasure:
        return None


def _cited(rubric: Rubric) -> set[str]:
    cited = {content.clause for content in _contents(rubric)}
    cited |= {category.clause for category in rubric.categories}
    cited |= {clause for _, rule in rubric.rules() for clause in rule.clauses}
    cited |= {clause for option in rubric.options for clause in option.clauses}
    cited |= {cadence.clause for cadence in rubric.cadences} | {term.clause for term in rubric.terms}
    return cited
