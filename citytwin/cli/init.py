"""``citytwin init FILE``."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from citytwin.errors import ConfigError

TEMPLATE = """\
# A city and what is to be made of it. `citytwin check` tells what is still missing.
city:
  id: mycity                      # a-z, 0-9, _
  title: {ja: 私の市, en: My city}
crs: EPSG:6677                    # a projected CRS in metres; in Japan the plane zone
vertical_datum: {ja: 東京湾平均海面（T.P.）, en: Tokyo Peil (T.P.)}
time_zone: Asia/Tokyo
data_date: 2026-03-31             # day that the city model describes
out: out

grid:
  cell_m: 2.0

sources:                          # one entry per data set; paths relative to this file
  - name: buildings
    use: citygml
    path: udx/bldg
    classification: public        # or internal: shown by `citytwin serve` alone, where the file
                                  # says `publication: served`; nothing said counts as secret
    title: 3D city model
    licence: CC BY 4.0

simulations:
  - use: sunlight
    params: {date: 2026-12-22}
"""


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def command(file: Path) -> None:
    """Write a configuration to start from."""
    if file.exists():
        msg = f"{file} exists already"
        raise ConfigError(msg, hint="choose another name; nothing was written")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(TEMPLATE, encoding="utf-8")
    click.echo(f"wrote {file}; next: citytwin check {shlex.quote(str(file))}")
