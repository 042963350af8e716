"""Reads a file that declares an organisation: YAML, nested as the tree is, or XLSX with one sheet of units and one of people."""

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from anlan.org.models import Unit
from config.organisation.declared import (
    COMMISSION_KEYS,
    INSTITUTION_KEYS,
    PERSON_KEYS,
    UNIT_KEYS,
    Declared,
    Faulty,
    Problem,
    nearest,
)

# The list in which units stand says of which kind they are.
LISTS = {
    "commissions": Unit.Kind.COMMISSION,
    "institutions": Unit.Kind.INSTITUTION,
    "departments": Unit.Kind.DEPARTMENT,
}
KEYS = {
    Unit.Kind.COMMISSION: COMMISSION_KEYS,
    Unit.Kind.INSTITUTION: INSTITUTION_KEYS,
    Unit.Kind.DEPARTMENT: UNIT_KEYS,
}
BELOW = {
    Unit.Kind.COMMISSION: ("commissions", "institutions"),
    Unit.Kind.INSTITUTION: ("departments",),
    Unit.Kind.DEPARTMENT: (),
}
UNIT_HEADINGS = {
    "上级代码": "below", "代码": "code", "名称": "name", "英文名称": "name_en", "单位类型": "unit", "级别": "level",
    "医院等级": "class", "机构类别": "kind", "床位": "beds", "职工": "staff", "大型专科理由": "large_specialist",
    "第一责任人": "first_responsible",
}  # fmt: skip
PERSON_HEADINGS = {
    "单位代码": "unit", "用户名": "username", "姓名": "name", "电话": "phone", "角色": "role", "起": "from", "止": "to",
    "账号": "account",
}  # fmt: skip
UNIT_WORDS = {"主管部门": "commission", "卫生健康委（局）": "commission", "机构": "institution", "科室": "department"}
Node = Any


def read(path: Path) -> Declared:
    """Return what a file declares. Raises: Faulty for text that is no YAML or a workbook without the two sheets."""
    if path.suffix.lower() == ".xlsx":
        return _read_workbook(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise Faulty([Problem(place=path.name, message="This is no text in UTF-8. Save it anew as UTF-8.")]) from error
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else "the file"
        raise Faulty([Problem(place=place, message=f"This is no YAML: {getattr(error, 'problem', error)}.")]) from error
    declared = Declared()
    if not isinstance(root, yaml.MappingNode):
        raise Faulty([Problem(place="line 1", message='The file begins with "commissions:" and a list below it.')])
    _tree(declared, root, parent="", path="", lists=tuple(LISTS))
    return declared


def _tree(declared: Declared, node: Node, *, parent: str, path: str, lists: tuple[str, ...]) -> None:
    for key, value in _pairs(declared, node, path, known=lists):
        if key in lists:
            for below, child in _items(declared, value, f"{path}.{key}".lstrip(".")):
                _unit(declared, child, kind=LISTS[key], parent=parent, path=below)


def _unit(declared: Declared, node: Node, *, kind: Unit.Kind, parent: str, path: str) -> None:
    inside = (*BELOW[kind], "people")
    texts = _texts(declared, node, path, known=KEYS[kind], inside=inside)
    declared.add_unit(texts, kind=kind, parent=parent, place=_place(node, path))
    code = texts.get("code", "")
    for key, value in _pairs(declared, node, path, known=None):
        for below, child in _items(declared, value, f"{path}.{key}") if key in inside else ():
            if key == "people":
                person = _texts(declared, child, below, known=PERSON_KEYS, inside=())
                declared.add_person(person, unit=code, place=_place(child, below))
            else:
                _unit(declared, child, kind=LISTS[key], parent=code, path=below)


def _items(declared: Declared, node: Node, path: str) -> Iterator[tuple[str, Node]]:
    """Yield the mappings of a list with their paths."""
    if not isinstance(node, yaml.SequenceNode):
        declared.fault(_place(node, path), 'A list belongs here; each entry begins with "- ".')
        return
    for number, child in enumerate(node.value):
        one = f"{path}[{number}]"
        if isinstance(child, yaml.MappingNode):
            yield one, child
        else:
            declared.fault(_place(child, one), 'An entry is written as "key: value".')


def _texts(
    declared: Declared, node: Node, path: str, *, known: tuple[str, ...], inside: tuple[str, ...]
) -> dict[str, str]:
    """Return the plain values of a mapping as they are written: a code 0101 stays 0101."""
    texts: dict[str, str] = {}
    for key, value in _pairs(declared, node, path, known=(*known, *inside)):
        if key in known and isinstance(value, yaml.ScalarNode):
            texts |= {key: value.value.strip()} if value.tag != "tag:yaml.org,2002:null" else {}
        elif key in known:
            declared.fault(_place(value, f"{path}.{key}"), "One value belongs here, no list.")
    return texts


def _pairs(declared: Declared, node: Node, path: str, *, known: tuple[str, ...] | None) -> Iterator[tuple[str, Node]]:
    """Yield keys and values; with `known`, note keys that are unknown or stand twice."""
    seen: set[str] = set()
    for key_node, value in node.value:
        key = str(key_node.value)
        if known is not None and (key not in known or key in seen):
            said = "stands twice" if key in seen else "is not known here"
            message = f'"{key}" {said}; known: {", ".join(known)}.{"" if key in seen else nearest(key, known)}'
            declared.fault(_place(key_node, path), message)
        seen.add(key)
        yield key, value


def _place(node: Node, path: str) -> str:
    return f"line {node.start_mark.line + 1}, {path}".rstrip(", ")


# ── workbooks ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _read_workbook(path: Path) -> Declared:
    from anlan.exchange.sheet import read as read_sheets

    sheets = {sheet.name.strip().lower(): sheet.rows for sheet in read_sheets(path.read_bytes()).sheets}
    units = sheets.get("单位", sheets.get("units"))
    people = sheets.get("人员", sheets.get("people", []))
    if units is None:
        message = 'The workbook needs a sheet "单位" (units); a sheet "人员" (people) may stand beside it.'
        raise Faulty([Problem(place=path.name, message=message)])
    declared = Declared()
    for place, texts in _rows(declared, units, "单位", UNIT_HEADINGS):
        kind = UNIT_WORDS.get(texts.get("unit", ""), texts.get("unit", "").lower())
        if kind in Unit.Kind.values:
            declared.add_unit(texts, kind=kind, parent="", place=place)
        else:
            declared.fault(
                f"{place}.单位类型", f"One of {', '.join([*UNIT_WORDS, *UNIT_WORDS.values()])} belongs here."
            )
    for place, texts in _rows(declared, people, "人员", PERSON_HEADINGS):
        declared.add_person(texts, unit=texts.get("unit", ""), place=place)
    return declared


def _rows(
    declared: Declared, rows: list[list[Any]], sheet: str, headings: Mapping[str, str]
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each filled row as texts by key; headings are Chinese or the keys of the YAML."""
    if not rows:
        return
    names = [_cell(cell) for cell in rows[0]]
    keys = [headings.get(name, name if name in headings.values() else "") for name in names]
    for name, key in zip(names, keys, strict=True):
        if name and not key:
            declared.fault(f"{sheet}, row 1", f'"{name}" is no heading here.{nearest(name, headings)}')
    for number, row in enumerate(rows[1:], start=2):
        texts = {key: _cell(cell) for key, cell in zip(keys, row, strict=False) if key and _cell(cell)}
        if texts:
            yield f"{sheet}, row {number}", texts


def _cell(cell: Any) -> str:
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()
