"""A YAML document read with line numbers: every value knows its file, line and place, so that an error can name them.

``load.py`` walks a document through cursors. A mapping ``{choose: OPTION, READING: value, ...}`` is replaced by the
value of the reading in force wherever it stands; the cursor notes which options were asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NoReturn

import yaml

from anlan.assessment.errors import RubricError, nearest
from anlan.kernel.text import Text

Pairs = dict[str, yaml.Node]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml reads ten times faster where the wheel has it


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """A value within a document. ``chosen`` holds the reading of each option; ``asked`` collects the options used."""

    file: str
    node: yaml.Node
    place: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    parameters: frozenset[str] = frozenset()

    @property
    def line(self) -> int:
        """The 1-based line on which the value begins."""
        return int(self.node.start_mark.line) + 1

    def fail(self, id: str, what: str, mend: str) -> NoReturn:
        """Raise the error at this place."""
        raise RubricError(id=id, file=self.file, line=self.line, place=self.place, what=what, mend=mend)

    def knowing(self, *, chosen: Mapping[str, str], parameters: Iterable[str]) -> Cursor:
        """Return the same place with the readings that ``choose`` is to follow and the parameters that exist."""
        return replace(self, chosen=chosen, parameters=frozenset(parameters))

    def tracking(self) -> Cursor:
        """Return the same place with an empty record of the options asked for."""
        return replace(self, asked=set())

    def get(self, key: str) -> Cursor | None:
        """Return the value under the key, or None where it is absent or null."""
        node = self._pairs().get(key)
        if node is None:
            return None
        found = self._at(node, f"{self.place}.{key}" if self.place else key).settled()
        return None if found.is_null else found

    def require(self, key: str) -> Cursor:
        """Return the value under the key.

        Raises: RubricError assessment.E004.
        """
        found = self.get(key)
        if found is None:
            self.fail("assessment.E004", f'"{key}" is missing.', f'Add "{key}" here.')
        return found

    def only(self, *allowed: str) -> Cursor:
        """Refuse any key outside ``allowed``; return the cursor.

        Raises: RubricError assessment.E003, naming the nearest key.
        """
        for key, node in self._pairs().items():
            if key not in allowed:
                self._at(node, self.place).fail("assessment.E003", f'"{key}" is not known here.', nearest(key, allowed))
        return self

    def names(self) -> tuple[str, ...]:
        """Return the keys of the mapping in order."""
        return tuple(self._pairs())

    def has(self, key: str) -> bool:
        """Return whether the mapping has the key."""
        return key in self._pairs()

    def is_fixed(self, key: str) -> bool:
        """Return whether the document states the value itself, rather than leaving it to an option or out."""
        node = self._pairs().get(key)
        if node is None:
            return False
        return not (isinstance(node, yaml.MappingNode) and any(name.value == "choose" for name, _ in node.value))

    def items(self) -> Iterator[Cursor]:
        """Yield the entries of a list; entries that a reading leaves empty are skipped."""
        if not isinstance(self.node, yaml.SequenceNode):
            self.fail("assessment.E005", "a list is expected.", "Write one entry per line, each after a dash.")
        for index, node in enumerate(self.node.value, start=1):
            entry = self._at(node, f"{self.place}[{index}]").settled()
            if not entry.is_null:
                yield entry

    @property
    def is_null(self) -> bool:
        """Whether the value is empty."""
        return bool(self.node.tag == "tag:yaml.org,2002:null")

    @property
    def is_list(self) -> bool:
        """Whether the value is a list."""
        return isinstance(self.node, yaml.SequenceNode)

    def text(self) -> str:
        """Return the value as text, exactly as written."""
        if not isinstance(self.node, yaml.ScalarNode):
            self.fail("assessment.E005", "a single word or text is expected.", "Write one value.")
        return str(self.node.value)

    def label(self) -> Text:
        """Return a text in both languages."""
        self.only("zh", "en")
        return Text(zh=self.require("zh").text(), en=self.require("en").text())

    def texts(self) -> tuple[str, ...]:
        """Return a list of words."""
        return tuple(entry.text() for entry in self.items())

    def choice(self, allowed: Iterable[str]) -> str:
        """Return the word if it is one of ``allowed``.

        Raises: RubricError assessment.E005, naming the nearest.
        """
        word, names = self.text(), tuple(allowed)
        if word not in names:
            self.fail("assessment.E005", f'"{word}" is not one of the choices.', nearest(word, names))
        return word

    def parameter(self) -> str:
        """Return the code of a parameter.

        Raises: RubricError assessment.E010, naming the nearest.
        """
        if self.text() not in self.parameters:
            hint = nearest(self.text(), self.parameters)
            self.fail("assessment.E010", f'no parameter is called "{self.text()}".', hint)
        return self.text()

    def integer(self) -> int:
        """Return a whole number."""
        try:
            return int(self.text())
        except ValueError:
            self.fail("assessment.E005", f'"{self.text()}" is not a whole number.', "Write digits only.")

    def boolean(self) -> bool:
        """Return true or false."""
        return self.choice(("true", "false")) == "true"

    def points(self) -> int:
        """Return points in hundredths; at most two decimals, not negative."""
        try:
            hundredths = Decimal(self.text()) * 100
        except InvalidOperation:
            self.fail("assessment.E005", f'"{self.text()}" is not a number of points.', "Write for example 0.5.")
        if not hundredths.is_finite() or hundredths != hundredths.to_integral_value() or hundredths < 0:
            self.fail("assessment.E005", f'"{self.text()}" points cannot be held.', "Use two decimals at most, from 0.")
        return int(hundredths)

    def settled(self) -> Cursor:
        """Return the value that the reading in force puts in place of a ``choose`` mapping, else the cursor itself.

        Raises: RubricError assessment.E006 for an unknown option, assessment.E007 for a reading without a value.
        """
        if not isinstance(self.node, yaml.MappingNode) or "choose" not in (pairs := self._pairs()):
            return self
        option = self._at(pairs["choose"], self.place).text()
        if option not in self.chosen:
            self.fail("assessment.E006", f'option "{option}" is not declared.', nearest(option, self.chosen))
        self.asked.add(option)
        reading = self.chosen[option]
        if reading not in pairs:
            self.fail(
                "assessment.E007",
                f'no value is given for reading "{reading}" of option "{option}".',
                f'Add "{reading}: ..." beside "choose".',
            )
        return self._at(pairs[reading], self.place).settled()

    def _at(self, node: yaml.Node, place: str) -> Cursor:
        return replace(self, node=node, place=place)

    def _pairs(self) -> Pairs:
        if not isinstance(self.node, yaml.MappingNode):
            self.fail("assessment.E005", "a mapping is expected.", 'Write "key: value" lines.')
        pairs: Pairs = {}
        for key, value in self.node.value:
            name = str(key.value)
            if name in pairs:
                self._at(key, self.place).fail("assessment.E009", f'"{name}" stands here twice.', "Keep one of them.")
            pairs[name] = value
        return pairs


def open_document(path: Path) -> Cursor:
    """Return a cursor on the root of a YAML file.

    Raises: RubricError assessment.E001 when it cannot be read, assessment.E002 when it is not YAML.
    """
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise RubricError(
            id="assessment.E001", file=str(path), line=0, place="", what=f"the file cannot be read ({why}).",
            mend="Check the path; the text must be UTF-8.",
        ) from error  # fmt: skip
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise RubricError(
            id="assessment.E002", file=str(path), line=mark.line + 1 if mark else 0, place="",
            what=f"this is not YAML: {getattr(error, 'problem', None) or error}.",
            mend="Check the indentation and the quotes near this line.",
        ) from error  # fmt: skip
    if node is None:
        raise RubricError(
            id="assessment.E002", file=str(path), line=0, place="", what="the file is empty.",
            mend="A rubric begins with its schema, code and title.",
        )  # fmt: skip
    return Cursor(file=str(path), node=node)
