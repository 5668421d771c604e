"""A city whose sources lie in archives: read in place, with the tables of the folder."""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path

from tests.pipelines.here import citytwin_here
from tests.pipelines.small_city import make_small_city, published_files


def configured(directory: Path, *, packed: bool) -> Path:
    """A small city without simulations; its model and relief packed where asked for."""
    config = make_small_city(directory)
    text = config.read_text(encoding="utf-8").partition("records:")[0]
    kept = [line for line in text.splitlines() if "feeds/" not in line]
    text = "\n".join(kept)
    text = text.replace(
        "     synthetic: true, title: Demo weather stations, licence: Apache-2.0}\n", ""
    )
    text = text.replace(
        "     synthetic: true, title: Demo hourly weather, licence: Apache-2.0}", ""
    )
    if packed:
        pack(directory / "data", directory / "町.zip")
        text = text.replace("data/udx/", "町.zip/udx/")
    config.write_text(f"{text}\n", encoding="utf-8")
    return config


def pack(folder: Path, target: Path) -> None:
    """Put the model and its code lists into an archive, with what must not be used, and remove them."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file() and file.relative_to(folder).parts[0] in ("udx", "codelists"):
                archive.write(file, file.relative_to(folder).as_posix())
        archive.writestr("udx/bldg/x_bldg_6697_appearance/a.jpg", b"no picture")
    shutil.rmtree(folder)


def test_the_layers_are_the_same(tmp_path: Path, workers: str) -> None:
    """From the archive as from the folder; what is added to it and concerns no source changes none."""
    for name in ("folder", "archive"):
        (tmp_path / name).mkdir()
    plain = configured(tmp_path / "folder", packed=False)
    packed = configured(tmp_path / "archive", packed=True)
    done = citytwin_here("run", str(plain), "--scheduler", workers)
    assert done.returncode == 0, done.stderr
    done = citytwin_here("run", str(packed), "--scheduler", workers)
    assert done.returncode == 0, done.stderr
    assert sorted(file.name for file in packed.parent.iterdir()) == ["city.yaml", "out", "町.zip"]
    one = published_files(plain.parent / "out" / "small")
    other = published_files(packed.parent / "out" / "small")
    assert one.keys() == other.keys()
    assert [
        name for name in one if name.endswith((".tif", ".parquet")) and one[name] != other[name]
    ] == []
    again = citytwin_here("run", str(packed))
    assert "nothing to do" in again.stdout
    checked = citytwin_here("check", str(packed))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    with zipfile.ZipFile(packed.parent / "町.zip", "a") as archive:
        archive.writestr("readme.txt", "of no concern")
    done = citytwin_here("run", str(packed), "--scheduler", workers)
    assert done.returncode == 0, done.stderr
    assert re.search(r"step='read sources' parts=(\d+) standing=\1\n", done.stderr)


def test_a_member_that_leads_out_is_told(tmp_path: Path, workers: str) -> None:
    """By the source that would have read it, once; the rest is read."""
    config = configured(tmp_path, packed=True)
    with zipfile.ZipFile(tmp_path / "町.zip", "a") as archive:
        archive.writestr("../udx/bldg/evil_bldg_6697.gml", "<x/>")
    done = citytwin_here("run", str(config), "--scheduler", workers)
    assert done.returncode == 3, done.stderr
    assert done.stderr.count("evil_bldg_6697.gml': leads out of the archive") == 1
    told = (tmp_path / "out" / ".work" / "small" / "quarantine.csv").read_text("utf-8")
    assert "evil_bldg_6697.gml" in told


def test_a_damaged_archive_is_one_line(tmp_path: Path, workers: str) -> None:
    """The source is lost, with the name of the archive and the reason; the run goes on."""
    config = configured(tmp_path, packed=True)
    archive = tmp_path / "町.zip"
    archive.write_bytes(archive.read_bytes()[:-2000])
    done = citytwin_here("run", str(config), "--scheduler", workers)
    assert done.returncode != 0
    assert "町.zip: cannot be read as a zip archive" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
