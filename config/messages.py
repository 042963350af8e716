"""Translations without Gettext's tools: `python -m config.messages update|check` extracts, merges, compiles and checks.

Message ids are English; `locale/zh_Hans` of `anlan` and of `anlan_cn` must be complete. `update --fill FILE.tsv` takes
translations from lines of `id<TAB>translation`. Needs the package babel (extra `test`).
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {"anlan": ("anlan", "config"), "anlan_cn": ("anlan_cn",)}
FUNCTIONS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # one date for ever: an update changes only what changed
Key = tuple[str, str]  # context, id


def catalogue_file(package: str) -> Path:
    """Return where the Chinese messages of a package lie."""
    return ROOT / package / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"


def extract(package: str) -> dict[Key, tuple[str, list[tuple[str, int]]]]:
    """Return every message of a package: (context, id) → (plural or empty, places)."""
    found: dict[Key, tuple[str, list[tuple[str, int]]]] = {}
    for folder in PACKAGES[package]:
        for path in sorted((ROOT / folder).rglob("*")):
            if "migrations" in path.parts or "vendor" in path.parts or path.suffix not in (".py", ".html", ".txt"):
                continue
            for key, plural, line in _messages(path):
                known = found.setdefault(key, (plural, []))
                found[key] = (known[0] or plural, [*known[1], (str(path.relative_to(ROOT)), line)])
    return found


def _messages(path: Path) -> Iterator[tuple[Key, str, int]]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        yield from _python_messages(ast.parse(text))
    elif "{%" in text:
        yield from _template_messages(text)


def _python_messages(tree: ast.AST) -> Iterator[tuple[Key, str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS:
            texts = [
                argument.value
                for argument in node.args
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            ]
            if texts:
                yield _as_message(node.func.id, texts, node.lineno)


def _as_message(function: str, texts: list[str], line: int) -> tuple[Key, str, int]:
    if function.startswith("pgettext"):
        return (texts[0], texts[1]), "", line
    plural = texts[1] if function.startswith("ngettext") and len(texts) > 1 else ""
    return ("", texts[0]), plural, line


_CALL = re.compile(r"""\b(gettext|ngettext|pgettext)\(\s*((?:u?(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")\s*,?\s*)+)""")
_TEXT = re.compile(r"""u?('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")""")


def _template_messages(text: str) -> Iterator[tuple[Key, str, int]]:
    from django.utils.translation.template import templatize

    turned = templatize(text)
    for call in _CALL.finditer(turned):
        texts = [ast.literal_eval(part) for part in _TEXT.findall(call.group(2))]
        yield _as_message(call.group(1), texts, turned.count("\n", 0, call.start()) + 1)


def update(fill: Path | None) -> int:
    """Rewrite the catalogues from the sources, keep what is translated, compile; return how many messages are untranslated."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import write_po

    extra = _read_fill(fill)
    missing = 0
    for package in PACKAGES:
        file = catalogue_file(package)
        catalogue, left = _merged(package, extra)
        missing += left
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as stream:
            write_po(stream, catalogue, width=120, sort_output=True, omit_header=False)
        with file.with_suffix(".mo").open("wb") as stream:
            write_mo(stream, catalogue)
        print(f"{package}: {len(catalogue)} messages, {left} untranslated")
    return missing


def _read_fill(fill: Path | None) -> dict[str, str]:
    lines = fill.read_text(encoding="utf-8").splitlines() if fill else []
    pairs = [line.split("\t", 1) for line in lines if "\t" in line]
    return {key.replace("\\n", "\n"): value.strip().replace("\\n", "\n") for key, value in pairs}


def _merged(package: str, extra: dict[str, str]) -> "tuple[Catalog, int]":
    known = _known(package)
    catalogue = _empty_catalogue()
    left = 0
    for (context, text), (plural, places) in sorted(extract(package).items()):
        translation = known.get((context, text)) or extra.get(text, "")
        left += not translation
        files = sorted({(name, None) for name, _ in places})
        catalogue.add(
            (text, plural) if plural else text,
            (translation,) if plural else translation,
            locations=files,  # type: ignore[arg-type]
            context=context or None,
            flags=["python-format"] if "%(" in text + plural else [],
        )
    return catalogue, left


def _empty_catalogue() -> "Catalog":
    from babel.messages.catalog import Catalog

    return Catalog(
        locale="zh_Hans",
        domain="django",
        fuzzy=False,
        project="Anlan",
        version="1",
        header_comment="# Chinese of the package; `make messages` extracts, merges and compiles. docs/glossary.md fixes the terms.",
        creation_date=SOME_DAY,
        revision_date=SOME_DAY,
    )


def _known(package: str) -> dict[Key, str]:
    from babel.messages.pofile import read_po

    file = catalogue_file(package)
    if not file.exists():
        return {}
    with file.open("rb") as stream:
        catalogue = read_po(stream, locale="zh_Hans")
    texts = {}
    for message in catalogue:
        key = message.id[0] if isinstance(message.id, tuple | list) else message.id
        value = (message.string[0] if isinstance(message.string, tuple | list) else message.string) or ""
        if key:
            texts[message.context or "", key] = value
    return texts


def faults() -> list[str]:
    """Return what is wrong: untranslated or stale messages, broken placeholders, an old compiled file. Empty when all is well."""
    found = _double_meanings()
    for package in PACKAGES:
        known, wanted = _known(package), extract(package)
        found += [
            f'{package}: "{text}" has no Chinese ({wanted[_, text][1][0][0]})'
            for _, text in wanted
            if not known.get((_, text))
        ]
        found += [
            f'{package}: "{text}" stands in the catalogue and nowhere else'
            for _, text in known
            if (_, text) not in wanted
        ]
        for (_, text), value in known.items():
            # Chinese has one form for both, and it names the number that the English singular spells out.
            english = wanted[_, text][0] or text if (_, text) in wanted else text
            if value and set(re.findall(r"%\(\w+\)\w", english)) != set(re.findall(r"%\(\w+\)\w", value)):
                found.append(f'{package}: the placeholders of "{text}" and its Chinese differ')
        if _is_stale(package, known):
            found.append(f"{package}: the compiled messages are older than the catalogue; run `make messages`")
    return found


def _double_meanings() -> list[str]:
    # Django merges the catalogues of all packages into one, so that an id has one translation; the loser would show a wrong word.
    one, other = (_known(package) for package in PACKAGES)
    return [
        f'"{text}" is {one[_, text]} in anlan and {other[_, text]} in anlan_cn; give one of them a context'
        for _, text in sorted(one.keys() & other.keys())
        if one[_, text] != other[_, text]
    ]


def _is_stale(package: str, known: dict[Key, str]) -> bool:
    import gettext

    file = catalogue_file(package).with_suffix(".mo")
    if not file.exists():
        return bool(known)
    with file.open("rb") as stream:
        compiled = gettext.GNUTranslations(stream)
    plurals = {text for (_, text), (plural, _) in extract(package).items() if plural}
    plain = {text: value for (context, text), value in known.items() if value and not context and text not in plurals}
    return any(compiled.gettext(text) != value for text, value in plain.items())


def main() -> int:
    """Run `update [--fill FILE]` or `check`."""
    import django
    from django.conf import settings

    if not settings.configured:
        settings.configure(USE_I18N=True)
        django.setup()
    parser = argparse.ArgumentParser(prog="config.messages")
    parser.add_argument("action", choices=("update", "check"))
    parser.add_argument("--fill", type=Path)
    args = parser.parse_args()
    if args.action == "update":
        return 1 if update(args.fill) else 0
    for fault in faults():
        print(fault)
    return 1 if faults() else 0


if __name__ == "__main__":
    sys.exit(main())
