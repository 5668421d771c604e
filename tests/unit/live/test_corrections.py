"""Corrections by hand in the store of observations: as edits, once, with who said so behind them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
from click.testing import CliRunner

from citytwin.cli.correct import command
from citytwin.errors import ConfigError
from citytwin.live.corrections import take_corrections
from citytwin.store.corrections import CORRECTIONS, correction_files
from citytwin.store.observations import RAW, ObservationReader, ObservationStore, folder_of
from citytwin.store.raw_archive import RawArchive
from tests.unit.live.live_city import city, feed


def test_from_the_command_line_into_the_store(tmp_path: Path) -> None:
    """Kept at once, or by the twin that holds the store; a damaged file is a dead letter."""
    loaded = city(tmp_path, [feed(folder={"path": "in"})])
    folder, raw = folder_of(loaded.city_dir), folder_of(loaded.city_dir) / RAW

    def said(*words: str) -> str:
        done = CliRunner().invoke(command, [str(loaded.file), *words], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    assert said() == "nothing stands corrected\n"
    told = said("bldg_1", "usage", "学校", "--by", "Tanaka", "--why", "seen")
    assert told.startswith("kept: bldg_1 usage: 学校, by Tanaka")
    with ObservationStore.open(folder) as store, RawArchive(raw) as archive:
        assert "the running twin takes it" in said("bldg_1", "storeys", "3", "--by", "Sato")
        taken: set[Path] = set()
        assert take_corrections(folder, store, archive, taken) == 1, "the first is known already"
        assert take_corrections(folder, store, archive, taken) == 0
        (folder / CORRECTIONS / "damaged.json").write_text("{", encoding="utf-8")
        take_corrections(folder, store, archive, taken)
        with ObservationReader(folder) as reader:
            (letter,) = reader.dead_letters()
            assert letter.letter.record == "damaged.json"
    (folder / CORRECTIONS / "damaged.json").unlink()
    said("bldg_1", "storeys", "--withdraw", "--by", "Sato")
    assert said().splitlines()[0].startswith("bldg_1 usage: 学校, by Tanaka")
    assert len(said().splitlines()) == 1
    assert len(correction_files(folder)) == 3
    with ObservationReader(folder) as reader, RawArchive(raw) as archive:
        now = datetime.now(UTC) + timedelta(minutes=1)
        frame = reader.edits(now).frame.set_index("property")
        assert frame.loc["usage", "text"] == "学校"
        assert pd.isna(frame.loc["storeys", "text"])
        assert frame.loc["usage", "thing"] == "urn:citytwin:corrections:bldg_1"
        content = archive.content(bytes.fromhex(frame.loc["usage", "raw_ref"]))
        assert json.loads(content)["why"] == "seen"


def test_what_is_no_correction_is_refused(tmp_path: Path) -> None:
    """Without a name behind it, or half of it."""
    loaded = city(tmp_path, [feed(folder={"path": "in"})])
    for words in (
        ("b", "usage", "x"),
        ("b", "usage", "--by", "A"),
        ("b", "storeys", "many", "--by", "A"),
    ):
        done = CliRunner().invoke(command, [str(loaded.file), *words])
        assert isinstance(done.exception, ConfigError), words
    assert correction_files(folder_of(loaded.city_dir)) == []
