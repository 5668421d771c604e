"""The configuration: every mistake is named with its path and the nearest valid name."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from citytwin.config import load
from citytwin.engine.bind import bind
from citytwin.errors import ConfigError

BASE = """
city: {id: town, title: {ja: 町, en: Town}}
crs: EPSG:6677
vertical_datum: {ja: T.P., en: T.P.}
time_zone: Asia/Tokyo
data_date: 2026-03-31
out: out
grid: {cell_m: 2.0}
sources:
  - {name: buildings, use: citygml, path: a.gml, classification: public, title: A, licence: CC0}
"""


def write(tmp_path: Path, text: str) -> Path:
    """Write a configuration."""
    file = tmp_path / "city.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_sound_configuration_loads(tmp_path: Path) -> None:
    """Paths are resolved against the folder of the file."""
    loaded = load(write(tmp_path, BASE))
    assert loaded.city_dir == tmp_path / "out" / "town"
    assert loaded.config.sources[0].classification == "public"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("cell_m: 2.0", "cel_m: 2.0", "grid.cel_m: unknown key, did you mean 'cell_m'"),
        ("cell_m: 2.0", "cell_m: -1", "grid.cell_m"),
        ("classification: public", "classification: open", "sources[0].classification"),
        (", licence: CC0", "", "sources[0].licence: missing"),
        ("time_zone: Asia/Tokyo", "time_zone: Asia/Tokio", "no IANA time zone"),
        ("out: out", "out: ${CITYTWIN_NO_SUCH_VARIABLE}", "CITYTWIN_NO_SUCH_VARIABLE is not set"),
        ("city: {", "city: [", "city.yaml"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    """A typo fails when the file is loaded, with the path of the key."""
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, BASE.replace(old, new)))
    assert message in str(caught.value)


def test_one_mistake_is_told_once(tmp_path: Path) -> None:
    """A list is not also too short for the entry that is wrong; an empty one is."""
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, BASE.replace("classification: public", "classification: open")))
    assert "sources[0].classification: must be" in str(caught.value)
    assert "needs at least" not in str(caught.value)
    empty = BASE[: BASE.index("sources:")] + "sources: []\n"
    with pytest.raises(ConfigError, match="sources: needs at least 1 entries"):
        load(write(tmp_path, empty))


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    """The message names the file and a way out."""
    with pytest.raises(ConfigError, match=r"nowhere\.yaml does not exist"):
        load(tmp_path / "nowhere.yaml")


def test_what_is_no_file_is_told_as_what_it_is(tmp_path: Path) -> None:
    """A folder, a pipe, and the dash that other programs take for standard input."""
    with pytest.raises(ConfigError, match=f"{tmp_path} is a folder"):
        load(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", Path("-")):
        with pytest.raises(ConfigError, match=f"{place} is no file on a disk"):
            load(place)


def test_a_system_that_cannot_name_a_path_says_how_it_could(tmp_path: Path) -> None:
    """Python takes the encoding of file names from the locale when it starts."""
    file = write(tmp_path, BASE.replace("out: out", "out: 出力"))
    said = subprocess.run(
        [sys.executable, "-m", "citytwin", "status", file],
        env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        capture_output=True,
        check=False,
    )
    assert said.returncode == 2
    assert b"names of files are ascii here (set LC_ALL=C.UTF-8" in said.stderr
    assert b"Traceback" not in said.stderr


def test_source_names_are_unique(tmp_path: Path) -> None:
    """Two sources of one name would overwrite each other."""
    twice = BASE + BASE.splitlines()[-1] + "\n"
    with pytest.raises(ConfigError, match="used twice: buildings"):
        load(write(tmp_path, twice))


def test_no_source_is_named_as_the_tables_of_all_together(tmp_path: Path) -> None:
    """Its tables would be overwritten by the joined ones and joined once more by the next run."""
    assert "name: buildings" in BASE
    with pytest.raises(ConfigError, match="cannot be named 'merged'"):
        load(write(tmp_path, BASE.replace("name: buildings", "name: merged")))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("use: citygml", "sources[0].use: 'citygm' is no format, did you mean 'citygml'?"),
        ("simulations: [{use: sunlite}]", "did you mean 'sunlight'"),
        ("simulations: [{use: sunlight, params: {dat: 2026-12-22}}]", "did you mean 'date'?"),
        ("simulations: [{use: sunlight}, {use: sunlight}]", "listed twice"),
        ("layers: [flood_dept_max]", "did you mean 'flood_depth_max'?"),
        ("records: {rainfall_rate: amedas}", "no source 'amedas'"),
        ("records: {rainfal_rate: buildings}", "did you mean 'rainfall_rate'?"),
    ],
)
def test_names_of_steps_are_checked(tmp_path: Path, text: str, message: str) -> None:
    """Names and parameters of steps are checked before anything runs."""
    if text == "use: citygml":
        file = write(tmp_path, BASE.replace(text, "use: citygm"))
    else:
        file = write(tmp_path, BASE + text + "\n")
    with pytest.raises(ConfigError) as caught:
        bind(load(file))
    assert message in str(caught.value)


@pytest.mark.parametrize("label", ["restricted", "secret"])
def test_protected_sources_are_refused(tmp_path: Path, label: str) -> None:
    """What may only be stored encrypted is refused while there is no encryption."""
    file = write(tmp_path, BASE.replace("classification: public", f"classification: {label}"))
    with pytest.raises(ConfigError, match="encrypted"):
        bind(load(file))


def test_a_source_of_which_nothing_is_said_is_secret(tmp_path: Path) -> None:
    """And the refusal says so, and what to say of open data."""
    file = write(tmp_path, BASE.replace("classification: public, ", ""))
    assert load(file).config.sources[0].classification == "secret"
    with pytest.raises(ConfigError, match=r"is secret, for nothing is said.*say `classification:"):
        bind(load(file))


LOWERED = "lowerings: [{name: a, layers: [LAYER], at_most: internal, to: public, reason: R}"


def test_lowerings_name_layers_once(tmp_path: Path) -> None:
    """An unknown layer, and two rules for one."""
    with pytest.raises(ConfigError, match=r"lowerings\[0\].layers: 'roadz' is no layer.*roads"):
        bind(load(write(tmp_path, BASE + LOWERED.replace("LAYER", "roadz") + "]\n")))
    more = ", {name: b, layers: [roads], at_most: secret, to: public, reason: R}]\n"
    with pytest.raises(ConfigError, match="rule a speaks of roads already"):
        bind(load(write(tmp_path, BASE + LOWERED.replace("LAYER", "roads") + more)))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("id: town", "id: ../town", "city.id: the id names folders.*, got '../town'"),
        ("id: town", "id: /tmp/town", "city.id: the id names folders.*got '/tmp/town'"),
        ("id: town", "id: 東京", "city.id: .*title may be in any script, got '東京'"),
        ("id: town", "id: -rf", "city.id: .*not - at the begin"),
        ("cell_m: 2.0", "cell_m: .inf", "grid.cell_m: .* finite"),
        ("cell_m: 2.0", "cell_m: 2.0, bounds: [10, 0, 5, 9]", "grid.bounds: .*west must lie below"),
        ("cell_m: 2.0", "cell_m: 2.0, bounds: [.nan, 0, 5, 9]", "grid.bounds: .*west must lie"),
        ("cell_m: 2.0", "cell_m: 2.0, bounds: [-.inf, 0, 5, 9]", "grid.bounds: .*finite"),
        ("cell_m: 2.0", "cell_m: 2.0, bounds: [1, 2, 3]", r"grid.bounds\[3\]: missing"),
        ("cell_m: 2.0", "cell_m: 2.0, bounds: 5", "grid.bounds: must be a list, got 5"),
        ("cell_m: 2.0", "cell_m: 2 m", "grid.cell_m: must be a number without a unit"),
        ("cell_m: 2.0", "cell_m: 0", "grid.cell_m: must be above 0, got 0"),
        ("path: a.gml", "path: '**x/***'", r"sources\[0\].path: `\*\*` stands for folders"),
        ("path: a.gml", r'path: "a\0b"', r"sources\[0\].path: holds the control .* U\+0000"),
        ("path: a.gml", "path: ''", r"sources\[0\].path: names no place"),
        ("out: out", r'out: "o\0t"', "out: holds the control"),
        ("en: Town", r'en: "To\x01wn"', r"city.title: holds the control character U\+0001"),
        ("en: Town", "en: ' '", "city.title: the en text is empty"),
        ("title: A", r'title: "A\u202e"', r"sources\[0\].title: .*U\+202E"),
        ("title: A", "title: ''", r"sources\[0\].title: the ja text is empty"),
        ("data_date: 2026-03-31", "data_date: 31.3.2026", "data_date: must be a date such as"),
        (
            "data_date: 2026-03-31",
            "data_date: 2026-02-30",
            "line 6, column 12: .*'2026-02-30': day is",
        ),
        ("data_date: 2026-03-31", "data_date: 2026-13-01", "line 6, column 12: .*month must be"),
        ("out: out", "out: out\nout: other", "line 8, .*key 'out' stands twice, first in line 7"),
        ("{ja: 町, en: Town}", "{ja: 町, en: Town, ja: 村}", "key 'ja' stands twice"),
        ("Asia/Tokyo", "Asia", "time_zone: 'Asia' is no IANA time zone"),
        ("out: out", "out: " + "[" * 3000, "nested too deeply"),
    ],
)
def test_values_that_would_do_harm_later_are_refused_at_once(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    """Before anything is read, and above all before anything is written elsewhere."""
    with pytest.raises(ConfigError, match=said):
        load(write(tmp_path, BASE.replace(old, new)))


@pytest.mark.parametrize(
    ("nights", "said"),
    [
        ("{report: city.yaml}", r"nights.report: .*city\.yaml is the configuration itself"),
        ("{metrics: ./x/../city.yaml}", "nights.metrics: .*is the configuration itself"),
        ("{report: out/town/latest.json}", "lies in .*out/town, which runs write and clear"),
        ("{report: out/.work/town/manifest.sqlite}", r"lies in .*out/\.work, which runs"),
        ("{metrics: out/.observations/town/x}", r"lies in .*out/\.observations, which runs"),
        ("{report: a.gml}", r"is read by source 'buildings' \(a\.gml\)"),
        ("{report: feeds/new/run.json}", r"is read by source 'rain' \(feeds\)"),
        ("{metrics: levels/run.csv}", r"is read by source 'levels' \(levels/\*\.csv\)"),
        ("{report: folder}", "nights.report: .*folder is a folder"),
        ("{report: out/village/index.html}", "index.html lies in a published city"),
        ("{metrics: run.json, report: run.json}", "nights.report: .*is nights.metrics as well"),
    ],
)
def test_what_nights_write_replaces_no_other_file(tmp_path: Path, nights: str, said: str) -> None:
    """Each run writes these files anew, whatever they were."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "out/village").mkdir(parents=True)
    (tmp_path / "out/village/latest.json").write_text("{}")
    more = "".join(
        f"  - {{name: {name}, use: amedas, path: '{path}', classification: public, title: R, licence: x}}\n"
        for name, path in (("rain", "feeds"), ("levels", "levels/*.csv"))
    )
    file = write(tmp_path, f"{BASE}{more}nights: {nights}\n")
    with pytest.raises(ConfigError, match=said):
        load(file)
    allowed = "{report: out/run.json, metrics: other/town.prom}"
    load(write(tmp_path, f"{BASE}{more}nights: {allowed}\n"))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [("EPSG:4326", "city.yaml: crs: .*not a projected CRS"), ("EPSG:999999", "city.yaml: crs: ")],
)
def test_a_crs_that_carries_no_grid_is_a_mistake_of_the_configuration(
    tmp_path: Path, wrong: str, said: str
) -> None:
    """With the key, whether PROJ knows it or not."""
    with pytest.raises(ConfigError, match=said):
        bind(load(write(tmp_path, BASE.replace("EPSG:6677", wrong))))


def test_a_key_may_override_a_merged_one(tmp_path: Path) -> None:
    """The merge keys of YAML are no repetition."""
    first, second = BASE.splitlines()[-1], "  - {<<: *first, name: other, path: b.gml}"
    text = BASE.replace(first, first.replace("- {", "- &first {")) + second + "\n"
    assert load(write(tmp_path, text)).config.sources[1].path == "b.gml"


def test_nested_aliases_are_refused_in_bounded_memory(tmp_path: Path) -> None:
    """A wrong value is shown in short, however much its aliases would unfold to."""
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 10)}]\n" for i in range(12)
    )
    with pytest.raises(ConfigError, match="unknown key"):
        load(write(tmp_path, bomb + BASE.replace("crs: EPSG:6677", "crs: *a12")))


def test_variables_are_replaced_in_paths_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After parsing: no value of a variable can become a key, a comment or another type."""
    monkeypatch.setenv("CITYTWIN_DATA", "/data: {x} # 1")
    text = (
        BASE.replace("path: a.gml", 'path: "${CITYTWIN_DATA}/a.gml", root: "${CITYTWIN_DATA}"')
        .replace("title: A", 'title: "${CITYTWIN_DATA}"')
        .replace("licence: CC0", 'licence: "${CITYTWIN_NO_SUCH_VARIABLE}"')
        .replace("out: out", "out: ${CITYTWIN_DATA}/out  # not ${CITYTWIN_NO_SUCH_VARIABLE}")
    )
    loaded = load(write(tmp_path, text))
    (source,) = loaded.config.sources
    assert source.path == "/data: {x} # 1/a.gml"
    assert source.root == "/data: {x} # 1"
    assert loaded.config.out == "/data: {x} # 1/out"
    assert source.title.en == "${CITYTWIN_DATA}"
    assert source.licence == "${CITYTWIN_NO_SUCH_VARIABLE}"


def test_the_digest_tells_requests_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That of the file, unless the environment adds to it."""
    plain = load(write(tmp_path, BASE))
    assert plain.sha256 == hashlib.sha256(BASE.encode()).hexdigest()
    text = BASE.replace("out: out", "out: ${CITYTWIN_DATA}")
    found = set()
    for value in ("a", "b"):
        monkeypatch.setenv("CITYTWIN_DATA", value)
        found.add(load(write(tmp_path, text)).sha256)
    assert len(found) == 2


def test_a_variable_between_braces_wants_quotes(tmp_path: Path) -> None:
    """YAML reads a brace there as a mapping of its own; the message says so."""
    with pytest.raises(ConfigError, match=r"city\.yaml.*stands in quotes"):
        load(write(tmp_path, BASE.replace("path: a.gml", "path: ${CITYTWIN_DATA}/a.gml")))
