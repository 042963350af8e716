"""The vendored front end is what the lock says, fits the oldest browser that hospitals still have, and works under our CSP."""

import base64
import hashlib
import importlib.util
import json
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "anlan" / "web" / "static" / "vendor"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("vendor_tool", ROOT / "constraints" / "vendor.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["vendor_tool"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    shutil.copytree(VENDOR, tmp_path / "vendor")
    return tmp_path / "vendor"


def entries() -> list[dict[str, str]]:
    files: list[dict[str, str]] = json.loads((VENDOR / "vendor.lock.json").read_text(encoding="utf-8"))["files"]
    return files


def test_every_file_has_the_locked_hash_and_every_licence_too() -> None:
    for entry in entries():
        content = (VENDOR / entry["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"], entry["file"]
        assert "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode() == entry["sri"], entry["file"]
        assert hashlib.sha256((VENDOR / entry["licence_file"]).read_bytes()).hexdigest() == entry["licence_sha256"], (
            entry["file"]
        )


def test_the_lock_names_every_file_of_the_folder_and_no_other() -> None:
    present = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    locked = {entry[key] for entry in entries() for key in ("file", "licence_file")}
    assert present == locked | {"vendor.lock.json"}


def test_a_changed_byte_is_named(tool: ModuleType, copied: Path) -> None:
    with (copied / "htmx.min.js").open("ab") as file:
        file.write(b" ")
    with pytest.raises(tool.VendorError, match=r"^htmx\.min\.js is not the locked file\. Restore it from git"):
        tool.check(copied)


def test_a_missing_file_and_a_stray_file_are_named(tool: ModuleType, copied: Path) -> None:
    (copied / "echarts.min.js").unlink()
    (copied / "jquery.js").write_text("", encoding="utf-8")
    with pytest.raises(
        tool.VendorError, match=r"^jquery\.js is not in vendor\.lock\.json; echarts\.min\.js is missing\."
    ):
        tool.check(copied)


def test_tabler_stays_at_the_release_that_chromium_109_can_read() -> None:
    css = (VENDOR / "tabler.min.css").read_text(encoding="utf-8")
    assert "Tabler v1.0.0 " in css[:200]
    newer = [name for name in ("light-dark(", "color-mix(", "oklch(", "@starting-style", "@scope", "&:") if name in css]
    assert newer == []


def test_the_style_sheet_fetches_nothing_from_elsewhere() -> None:
    css = (VENDOR / "tabler.min.css").read_text(encoding="utf-8")
    addresses = re.findall(r"url\(\s*['\"]?([^'\")]{0,12})", css)
    assert addresses
    assert [address for address in addresses if not address.startswith("data:image/")] == []
    assert "@import" not in css


def test_alpine_is_the_build_that_needs_no_eval() -> None:
    script = (VENDOR / "alpine-csp.min.js").read_text(encoding="utf-8")
    assert "@alpinejs/csp" in {entry["package"] for entry in entries()}
    assert re.findall(r"\beval\(|new Function|AsyncFunction", script) == []


def test_each_icon_is_a_symbol_with_a_shape() -> None:
    sprite = ElementTree.parse(VENDOR / "icons.svg").getroot()
    shapes = {symbol.get("id"): len(symbol) for symbol in sprite}
    assert {
        "home",
        "clipboard-list",
        "building-hospital",
        "alert-triangle",
        "language",
        "device-floppy",
    } <= shapes.keys()
    assert [name for name, count in shapes.items() if count == 0] == []
    assert not re.search(r"<script|\son\w+=|href=", (VENDOR / "icons.svg").read_text(encoding="utf-8"))


def test_the_lock_names_no_registry() -> None:
    assert "http" not in (VENDOR / "vendor.lock.json").read_text(encoding="utf-8")
