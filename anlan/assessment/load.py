"""From a YAML file to a rubric, or to an error that names file, line, place, what is wrong and what to do.

Readings may be switched when loading: ``load_rubric("qidong-2018", readings={"grade_a_rounding": "pro_rata"})`` gives
another edition with another content hash.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from anlan.assessment.document import Cursor, open_document
from anlan.assessment.errors import UnknownRubric, nearest
from anlan.assessment.rubric import (
    EVER,
    Cadence,
    Category,
    Clause,
    Content,
    InstitutionClass,
    Option,
    Reading,
    Rubric,
    Rule,
    Term,
    Where,
)
from anlan.assessment.rules import KEYS, KINDS
from anlan.kernel.parameter import Parameter
from anlan.kernel.text import Text

_folders: list[Path] = []
_RULE_KEYS = (
    "code", "clauses", "assessed", "kind", "text", "method", "mend", "applies_to", "evidence", "reviewer_may_add",
)  # fmt: skip
_TOP_KEYS = (
    "schema", "code", "edition", "title", "issuer", "instrument", "law", "parameters", "clauses", "printed_total",
    "pass_mark", "classes", "terms", "options", "content", "cadences", "categories", "series", "years",
)  # fmt: skip
_FLAGS = {"true": 1, "false": 0}


def register_rubric_folder(folder: Path | str) -> None:
    """Add a folder in which rubrics are looked for by code; a second call with the same folder changes nothing."""
    path = Path(folder)
    if path not in _folders:
        _folders.append(path)


def rubric_codes() -> tuple[str, ...]:
    """Return the codes of all rubrics in the registered folders."""
    return tuple(sorted({path.stem for folder in _folders for path in folder.glob("*.yaml")}))


def find_rubric(code: str) -> Path:
    """Return the file of a rubric in the registered folders.

    Raises: UnknownRubric, naming the nearest code.
    """
    for folder in _folders:
        if (path := folder / f"{code}.yaml").is_file():
            return path
    raise UnknownRubric(f'No rubric is called "{code}". {nearest(code, rubric_codes())}')


def load_rubric(path_or_code: Path | str, *, readings: Mapping[str, str] | None = None) -> Rubric:
    """Return the rubric of a file or of a code in the registered folders, under the readings asked for.

    Raises: UnknownRubric; RubricError with a stable id.
    Source: manual, "Your first rubric".
    """
    path = Path(path_or_code)
    if path.suffix not in (".yaml", ".yml"):
        path = find_rubric(str(path_or_code))
    return _Loader(path, readings or {}).load()


def current_rubric(code: str) -> Rubric:
    """Return the rubric of a code under its own readings, read again only when its file changed; shared by all callers.

    Raises: UnknownRubric; RubricError for a broken file.
    """
    path = find_rubric(code)
    return _kept(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=32)
def _kept(path: Path, _changed_ns: int) -> Rubric:
    return load_rubric(path)


def load_clauses(folder: Path) -> tuple[Clause, ...]:
    """Return the clauses of a law folder, in our own words.

    Raises: RubricError.
    """
    found = []
    for at in open_document(folder / "clauses.yaml").only("clauses").require("clauses").items():
        at.only("id", "instrument", "zh", "en")
        text = Text(zh=at.require("zh").text(), en=at.require("en").text())
        found.append(Clause(id=at.require("id").text(), instrument=at.require("instrument").text(), text=text))
    _refuse_twice(open_document(folder / "clauses.yaml"), [clause.id for clause in found])
    return tuple(found)


def load_instruments(folder: Path) -> tuple[str, ...]:
    """Return the codes of the instruments of a law folder.

    Raises: RubricError.
    """
    at = open_document(folder / "instruments.yaml").only("instruments").require("instruments")
    keys = ("code", "title", "issuer", "number", "issued_on", "kind", "seed", "note")
    return tuple(entry.only(*keys).require("code").text() for entry in at.items())


def load_parameters(folder: Path, code: str) -> tuple[Parameter, ...]:
    """Return the dated parameters of one file of a law folder.

    Raises: RubricError.
    """
    root = open_document(folder / "parameters" / f"{code}.yaml").only("instrument", "parameters")
    instrument = root.require("instrument").text()
    rows: list[Parameter] = []
    for at in root.require("parameters").items():
        at.only("code", "name", "unit", "values")
        name = at.require("name").label()
        for value in at.require("values").items():
            value.only("from", "value", "clause", "verified")
            rows.append(
                Parameter(
                    code=at.require("code").text(),
                    value=value.require("value").integer(),
                    unit=at.require("unit").text(),
                    starts_on=_date(value.require("from")),
                    instrument=instrument,
                    clause=value.require("clause").text(),
                    verified=value.require("verified").boolean(),
                    name_zh=name.zh,
                    name_en=name.en,
                )
            )
    return tuple(rows)


class _Loader:
    """Reads one file. Kept apart so that the readings and the law need not be handed through every function."""

    def __init__(self, path: Path, wanted: Mapping[str, str]) -> None:
        self.path, self.wanted = path, wanted
        self.root = open_document(path)
        self.clauses: dict[str, Clause] = {}

    def load(self) -> Rubric:
        root = self.root.only(*_TOP_KEYS)
        if root.require("schema").integer() != 1:
            root.require("schema").fail("assessment.E005", "this schema is not known.", "Write schema: 1.")
        law = (self.path.parent / root.require("law").text()).resolve()
        self.clauses = {clause.id: clause for clause in load_clauses(law)}
        parameters = load_parameters(law, root.require("parameters").text())
        instrument = root.require("instrument")
        instrument.choice(load_instruments(law))
        options = tuple(self._option(at) for at in _list(root, "options"))
        self._refuse_unknown_readings(options)
        chosen = {option.code: option.reading for option in options}
        self.root = root = root.knowing(chosen=chosen, parameters=[row.code for row in parameters])
        pass_mark, series = root.get("pass_mark"), root.get("series")
        first_year, last_year = _years(root)
        rubric = Rubric(
            code=root.require("code").text(),
            edition=root.require("edition").text(),
            title=root.require("title").label(),
            issuer=root.require("issuer").label(),
            instrument=instrument.text(),
            clause_prefix=root.require("clauses").text(),
            printed_total=root.require("printed_total").points(),
            pass_mark=pass_mark.points() if pass_mark else None,
            classes=tuple(self._class(at) for at in _list(root, "classes")),
            terms=tuple(self._term(at, options) for at in _list(root, "terms")),
            options=options,
            content=tuple(self._content(at) for at in _list(root, "content")),
            cadences=tuple(self._cadence(at) for at in _list(root, "cadences")),
            categories=tuple(self._category(at) for at in root.require("categories").items()),
            parameters=parameters,
            clauses=tuple(self.clauses.values()),
            series=series.text() if series else "",
            first_year=first_year,
            last_year=last_year,
        )
        self._check_codes(rubric)
        return rubric

    def _option(self, at: Cursor) -> Option:
        at.only("code", "ambiguity", "clauses", "question", "reading", "readings")
        code, listed = at.require("code").text(), at.require("readings")
        readings = tuple(Reading(code=key, text=listed.require(key).label()) for key in listed.names())
        codes = [reading.code for reading in readings]
        default = at.require("reading").choice(codes)
        chosen = self.wanted.get(code, default)
        if chosen not in codes:
            at.fail("assessment.E007", f'option "{code}" has no reading "{chosen}".', nearest(chosen, codes))
        return Option(
            code=code,
            ambiguity=at.require("ambiguity").integer(),
            clauses=self._cited(at.require("clauses")),
            question=at.require("question").label(),
            readings=readings,
            reading=chosen,
            is_default=chosen == default,
        )

    def _refuse_unknown_readings(self, options: tuple[Option, ...]) -> None:
        known = [option.code for option in options]
        _refuse_twice(self.root, known)
        for code in self.wanted:
            if code not in known:
                self.root.fail("assessment.E006", f'option "{code}" is not declared.', nearest(code, known))

    def _class(self, at: Cursor) -> InstitutionClass:
        at.only("code", "name", "where", "example")
        example = at.require("example")
        return InstitutionClass(
            code=at.require("code").text(),
            name=at.require("name").label(),
            where=_where(at.require("where")),
            example=tuple((key, _attribute(example.require(key))) for key in example.names()),
        )

    def _term(self, at: Cursor, options: tuple[Option, ...]) -> Term:
        at.only("code", "name", "clause", "definition", "option")
        definition, option = at.get("definition"), at.get("option")
        return Term(
            code=at.require("code").text(),
            name=at.require("name").label(),
            clause=self._clause(at.require("clause")),
            definition=definition.label() if definition else None,
            option=option.choice([entry.code for entry in options]) if option else "",
        )

    def _content(self, at: Cursor) -> Content:
        at.only("clause", "text", "rules", "measure", "denominator")
        measure, denominator = at.get("measure"), at.get("denominator")
        return Content(
            clause=self._clause(at.require("clause")),
            text=at.require("text").label(),
            rules=at.require("rules").texts(),
            measure=measure.text() if measure else "",
            denominator=denominator.text() if denominator else "",
        )

    def _cadence(self, at: Cursor) -> Cadence:
        at.only("subject", "level", "per", "clause", "rule")
        level, rule = at.get("level"), at.get("rule")
        return Cadence(
            subject=at.require("subject").text(),
            per=at.require("per").choice(("day", "week", "month", "quarter", "year")),
            clause=self._clause(at.require("clause")),
            level=level.text() if level else "",
            rule=rule.text() if rule else "",
        )

    def _category(self, at: Cursor) -> Category:
        at.only("code", "clause", "name", "max", "content", "rules", "applies_to")
        own = at.tracking()
        return Category(
            code=at.require("code").text(),
            clause=self._clause(at.require("clause")),
            name=at.require("name").label(),
            max=at.require("max").points(),
            content=tuple(self._content(entry) for entry in _list(at, "content")),
            rules=tuple(self._rule(entry) for entry in at.require("rules").items()),
            applies_to=_applies(own),
            options=tuple(sorted(own.asked)),
        )

    def _rule(self, at: Cursor) -> Rule:
        at = at.tracking()
        kind = at.require("kind")
        if kind.text() not in KINDS:
            kind.fail("assessment.E008", f'"{kind.text()}" is not a kind of rule.', nearest(kind.text(), KINDS))
        at.only(*_RULE_KEYS, *KEYS[kind.text()])
        body = KINDS[kind.text()](at)
        assessed = at.require("assessed").choice(("computed", "proposed", "judged"))
        if (assessed == "judged") != (kind.text() == "judged"):
            kind.fail("assessment.E005", "kind and assessed disagree.", "A judged rule is of kind judged, and only it.")
        may_add = at.get("reviewer_may_add")
        applies = _applies(at)
        evidence = at.get("evidence")
        return Rule(
            code=at.require("code").text(),
            clauses=self._cited(at.require("clauses")),
            assessed=assessed,  # type: ignore[arg-type]
            body=body,
            text=at.require("text").label(),
            method=at.require("method").label(),
            mend=at.require("mend").label(),
            applies_to=applies,
            evidence=evidence.texts() if evidence else (),
            options=tuple(sorted(at.asked)),
            reviewer_may_add=may_add.boolean() if may_add else False,
            line=at.line,
        )

    def _cited(self, at: Cursor) -> tuple[str, ...]:
        return tuple(self._clause(entry) for entry in at.items())

    def _clause(self, at: Cursor) -> str:
        if at.text() not in self.clauses:
            at.fail("assessment.E010", f'no clause is called "{at.text()}".', nearest(at.text(), self.clauses))
        return at.text()

    def _check_codes(self, rubric: Rubric) -> None:
        codes = [category.code for category in rubric.categories] + [rule.code for _, rule in rubric.rules()]
        _refuse_twice(self.root, codes)
        _refuse_twice(self.root, [entry.code for entry in rubric.classes])
        named = [(content.clause, code) for content in rubric.content for code in content.rules]
        for category in rubric.categories:
            named += [(content.clause, code) for content in category.content for code in content.rules]
        named += [(cadence.clause, cadence.rule) for cadence in rubric.cadences if cadence.rule]
        for clause, code in named:
            if code not in codes:
                self.root.fail("assessment.E010", f'{clause} names the unknown rule "{code}".', nearest(code, codes))


def _list(at: Cursor, key: str) -> Iterable[Cursor]:
    found = at.get(key)
    return found.items() if found else ()


def _years(root: Cursor) -> tuple[int, int]:
    """Return the first and the last year in which the edition is in force."""
    at = root.get("years")
    if at is None:
        return 0, EVER
    at.only("from", "to")
    first, last = at.get("from"), at.get("to")
    years = (first.integer() if first else 0, last.integer() if last else EVER)
    if years[0] > years[1]:
        at.fail("assessment.E005", f"the years end ({years[1]}) before they begin ({years[0]}).", "Swap them.")
    return years


def _applies(at: Cursor) -> tuple[Where, ...]:
    return tuple(_where(entry) for entry in _list(at, "applies_to"))


def _where(at: Cursor) -> Where:
    return Where(
        values=tuple(
            (key, tuple(_attribute(value) for value in at.require(key).items())) for key in at.names() if at.get(key)
        )
    )


def _attribute(at: Cursor) -> int:
    return _FLAGS[at.text()] if at.text() in _FLAGS else at.integer()


def _date(at: Cursor) -> datetime.date:
    try:
        return datetime.date.fromisoformat(at.text())
    except ValueError:
        at.fail("assessment.E005", f'"{at.text()}" is not a date.', "Write it as 2018-01-01.")


def _refuse_twice(at: Cursor, codes: list[str]) -> None:
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice:
        at.fail("assessment.E009", f"declared twice: {', '.join(twice)}.", "Rename or remove one of each.")
