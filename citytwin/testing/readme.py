"""The text that stands beside the demo city's files."""

from __future__ import annotations

from pathlib import Path

_TEXT = """# みずほ市（架空） / Mizuho City (fictional)

**SYNTHETIC DATA. 合成データです。** Nothing here was measured; there is no such city. It is
drawn in open water of Sagami Bay so that nobody takes it for a place.
実在の都市・建物・河川・観測値とは関係ありません。

Made by `python -m citytwin.testing.demo_city DIRECTORY`; the same bytes on every run.

| where | what |
|---|---|
| `udx/bldg` | buildings, LOD0 + LOD1, some LOD2; CityGML 2.0, i-UR 3.1, EPSG:6697 |
| `udx/dem` | ground with true levees and river bed, without the bridge (TIN) |
| `udx/tran` | streets, LOD1 (height 0) |
| `udx/luse` | land use, EPSG:6668 |
| `udx/brid` | the bridge deck, LOD1 solid |
| `udx/wtr` | the river at low water, LOD1 (height 0) |
| `udx/urf` | zones of use, to the middle of the streets, EPSG:6668 |
| `sites` | blocks that are one building site, GeoJSON |
| `codelists` | the code lists these files name |
| `feeds/openmeteo.json` | hourly weather of June 2026, form of the Open-Meteo API |
| `feeds/openmeteo_2025.json` | global radiation of all hours of 2025, form of the Open-Meteo API |
| `feeds/amedas` | station table and ten-minute maps of the storm of 30 June 2026 |
| `feeds/traffic` | five-minute counts, form of the JARTIC/MLIT layer |
| `feeds/gtfs_rt` | bus positions, GTFS-Realtime |

Plane coordinates: EPSG:6677, east -44500 to -43500, north -94600 to -93700. Heights: metres
above T.P. (as EPSG:6697 has them).

## The flood

The north levee sags by 0.6 m between east -43890 and -43820. Demo breach: on its land side,
{breach}, over time {hydrograph} (second, m3/s): {volume} m3. Still water of that
volume stands at about {level} m in the low quarter behind the levee; the river flood risk
attributes of the buildings are depths below that level, not the result of a simulation.
"""


def write_readme(path: Path, breach: str, hydrograph: str, volume: str, level: str) -> Path:
    """Write the description of the data set."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = _TEXT.format(breach=breach, hydrograph=hydrograph, volume=volume, level=level)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path
