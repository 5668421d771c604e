"""What a published folder gets from the viewer."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from citytwin.errors import StoreError
from citytwin.store.legend_font import LEGEND_FONT
from citytwin.viewer import export
from citytwin.viewer.site import CONTENT_SECURITY_POLICY

PACKAGE = Path(export.__file__).parent

built = pytest.mark.skipif(
    not (LEGEND_FONT.is_file() and (PACKAGE / "vendor" / "manifest.json").is_file()),
    reason="the browser libraries are not there; run 'python hatch_build.py'",
)


class Links(HTMLParser):
    """Collects every address that the page loads, and its policy."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the addresses of one element."""
        named = dict(attrs)
        address = named.get("src") or (named.get("href") if tag == "link" else None)
        if address and not address.startswith("data:"):
            self.found.append(address)
        if named.get("http-equiv") == "Content-Security-Policy":
            self.policy = named["content"] or ""


def parsed_page() -> Links:
    """The page of the package, read by the standard library's parser."""
    links = Links()
    links.feed((PACKAGE / "index.html").read_text(encoding="utf-8"))
    return links


def words(language: str) -> dict[str, str]:
    """The phrases of one language."""
    text = (PACKAGE / "i18n" / f"{language}.js").read_text(encoding="utf-8")
    return dict(re.findall(r'^\s*"([\w.]+)":\s*"(.*)",$', text, re.MULTILINE))


@built
def test_every_file_that_the_page_loads_is_exported(tmp_path: Path) -> None:
    """Addresses in the page, imports in scripts and pictures in styles must all resolve."""
    export.export_viewer(tmp_path)
    asked = {(tmp_path / name).resolve() for name in parsed_page().found}
    for script in tmp_path.glob("viewer/app/*.js"):
        source = script.read_text(encoding="utf-8")
        imports = re.findall(r'^(?:import|export)\b[^;]*?\bfrom "([^"]+)";$', source, re.MULTILINE)
        asked |= {(script.parent / name).resolve() for name in imports}
    for style in tmp_path.glob("viewer/css/*.css"):
        urls = re.findall(r'url\("(?!data:)([^"]+)"\)', style.read_text(encoding="utf-8"))
        asked |= {(style.parent / name).resolve() for name in urls}
    assert len(asked) > 30
    assert [path for path in asked if not path.is_file()] == []


@built
def test_second_export_changes_nothing(tmp_path: Path) -> None:
    """Exporting again must leave unchanged files alone and mend a damaged one."""
    export.export_viewer(tmp_path)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    damaged = tmp_path / "viewer" / "app" / "main.js"
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[:-1])
    export.export_viewer(tmp_path)
    assert damaged.read_bytes() == whole
    after = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    assert {path for path in after if after[path] != times.get(path)} == {damaged}


@built
def test_licences_travel_with_the_libraries(tmp_path: Path) -> None:
    """Every library and the font must be published with its licence."""
    export.export_viewer(tmp_path)
    texts = {
        "vendor/maplibre-gl/LICENSE.txt": "Redistribution and use",
        "vendor/pmtiles/LICENSE-fflate.txt": "Permission is hereby granted",
        "licences/pmtiles.txt": "Protomaps LLC",
        "fonts/LICENSE-BIZUDPGothic.txt": "SIL OPEN FONT LICENSE",
    }
    for name, phrase in texts.items():
        assert phrase in (tmp_path / "viewer" / name).read_text(encoding="utf-8"), name


def test_missing_libraries_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout that was never built must say what to run, and publish no half page."""
    monkeypatch.setattr(export, "_PACKAGE", tmp_path / "empty")
    with pytest.raises(StoreError, match=r"hatch_build\.py"):
        export.export_viewer(tmp_path / "city")
    assert not (tmp_path / "city").exists()


def test_page_carries_the_policy_of_the_server() -> None:
    """On any other web server the page itself must confine what it loads to its origin."""
    without_frames = CONTENT_SECURITY_POLICY.replace("; frame-ancestors 'none'", "")
    assert parsed_page().policy == without_frames


def test_both_languages_say_the_same_things() -> None:
    """Every phrase must exist in both languages, with the same blanks to fill."""
    ja, en = words("ja"), words("en")
    assert len(ja) > 60
    assert ja.keys() == en.keys()
    blanks = re.compile(r"\{(\w+)\}")
    for key, phrase in ja.items():
        assert set(blanks.findall(phrase)) == set(blanks.findall(en[key])), key
        assert phrase.strip(), key
        assert en[key].strip(), key


def test_every_phrase_that_the_page_uses_exists() -> None:
    """No key of a phrase in the scripts may be unknown."""
    scripts = "".join(path.read_text(encoding="utf-8") for path in PACKAGE.glob("app/*.js"))
    used = set(re.findall(r'\bt\(\s*"([\w.]+)"', scripts))
    assert len(used) > 40
    assert used <= words("ja").keys()


def test_data_never_becomes_markup() -> None:
    """Scripts must not parse text as HTML or code."""
    banned = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|setHTML")
    for path in PACKAGE.glob("app/*.js"):
        assert not banned.search(path.read_text(encoding="utf-8")), path.name
