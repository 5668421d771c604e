"""One direction of the wind in three dimensions over a city that was run, sealed as the city is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import citytwin as ct
from citytwin.cli.plan import command as plan
from citytwin.cli.volume import command as volume_command
from citytwin.errors import ConfigError, NotAllowedError, StoreError
from citytwin.security import sealed_folders
from citytwin.security.key_files import write_new_key
from citytwin.security.sealing import MAGIC
from tests.pipelines.small_city import citytwin
from tests.pipelines.test_sealed_city import GROUND_M, MARK, TITLE, make_city

FLOW = """
simulations:
  - {use: wind_flow, params: {from_deg: [270], margin_m: 50, most_turnovers: 0.5}}

lowerings:
  - {name: classes_only, layers: [wind_speed_ratio_of_flow], at_most: restricted, to: internal,
     reason: {ja: 区分のみ, en: Shows classes only}}
"""
POLICY = """
version: 1
rules:
  - {name: planners, effect: allow, actions: [read], roles: [planner], up_to: restricted}
"""


def test_volume_of_a_restricted_city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused before the first run; then the plan says its size, and all of it lies sealed."""
    write_new_key(tmp_path / "keys", "town-2026")
    monkeypatch.setenv("CITYTWIN_KEYS", str(tmp_path / "keys"))
    config = make_city(tmp_path)
    text = config.read_text(encoding="utf-8")
    asked = text.replace("[terrain, surface_height, buildings]", "[wind_speed_ratio_of_flow]")
    config.write_text(text, encoding="utf-8")
    from_nw = [str(config), "--from-deg", "315"]
    with pytest.raises(ConfigError, match="three dimensions") as error:
        volume_command.main(from_nw, standalone_mode=False)
    assert "wind_flow" in str(error.value.hint)
    config.write_text(asked + FLOW, encoding="utf-8")
    with pytest.raises(StoreError, match="is published"):
        volume_command.main(from_nw, standalone_mode=False)
    done = citytwin("run", str(config), "--workers", "1")
    assert done.returncode == 0, done.stderr
    planned = CliRunner().invoke(plan, [str(config)], catch_exceptions=False)
    # 30 x 40 cells, about 35 levels, five quantities of 4 bytes.
    assert "wind_flow in three dimensions (`citytwin volume`): about 1 MB" in planned.stdout
    sealed_folders.forget_keys()
    made = CliRunner().invoke(volume_command, from_nw, catch_exceptions=False)
    folder = Path(made.stdout.strip())
    assert folder == tmp_path / "out/.work/.sealed/town/volumes/wind_flow_from_315p0.zarr"
    for file in (path for path in folder.rglob("*") if path.is_file()):
        content = file.read_bytes()
        assert content.startswith(MAGIC), file
        for secret in (MARK.encode(), TITLE.encode(), GROUND_M.tobytes()):
            assert secret not in content
    sealed_folders.forget_keys()
    with pytest.raises(NotAllowedError, match="layer wind_speed_ratio_of_flow, restricted"):
        ct.open_volume(folder)  # a rule lowers the layer; all of the flow tells more
    rules = tmp_path / "policy.yaml"
    rules.write_text(POLICY, encoding="utf-8")
    volume = ct.open_volume(folder, policy=rules, roles=["planner"])
    assert TITLE in volume.attrs["source"]
    assert volume.attrs["classification"] == "restricted"
    assert float(volume["ground"].min()) == pytest.approx(float(GROUND_M), abs=0.01)
    inside = volume.sel(z=float(GROUND_M) + 3, method="nearest")["speed"].values
    assert inside.shape == (30, 40)
    assert 0 < np.isnan(inside).sum() < 60  # the building, of 7 x 7 cells
    high = volume.isel(z=-1)
    assert float(high["u"].mean()) > 0 > float(high["v"].mean())
