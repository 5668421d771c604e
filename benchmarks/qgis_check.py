"""QGIS itself against a server that runs, and a delivered folder: what opens, and how it looks.

Every way of docs/serving.md to two layers that only a planner may see, by a token and by signed
addresses, and the project of a published city. QGIS runs without a window, in its own Python
(`apt install python3-qgis qgis-providers`); it keeps a picture of each case.

    python -m benchmarks.qgis_check out/demo [FOLDER OF THE PICTURES]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests.server import served_city as sc
from tests.server.identity import Identity, free_port

SCRIPT = Path(__file__).with_name("qgis_layers.py")
PYTHON = "/usr/bin/python3"
"""The modules of QGIS are its."""
RASTER, VECTOR = "flood_depth_max", "traffic"
BOX = "139.7555,35.6905,139.7585,35.6935"
"""Around the little city of the tests."""
CAPABILITIES = "/ogc/wmts/1.0.0/WMTSCapabilities.xml"
Case = dict[str, str]


def with_token(server: sc.Running) -> Iterator[Case]:
    """Addresses that need a token, which QGIS sends."""
    url, token = server.url, server.token()
    yield wmts(f"{url}{CAPABILITIES}", token)
    yield xyz(f"{url}/tiles/{RASTER}/tiles/WebMercatorQuad/{{z}}/{{x}}/{{y}}", token)
    yield features(f"{url}/ogc/", token)


def signed(server: sc.Running) -> Iterator[Case]:
    """Addresses that are enough by themselves."""
    headers = {"Authorization": f"Bearer {server.token()}"}
    raster, vector = (
        httpx.post(f"{server.url}/sign/{layer}", headers=headers, timeout=60).json()
        for layer in (RASTER, VECTOR)
    )
    yield wmts(raster["wmts"])
    yield xyz(raster["tiles"])
    yield features(vector["features"])
    tif, gpkg = f"{raster['folder']}{RASTER}.tif", f"{vector['folder']}{VECTOR}.gpkg"
    yield case("GeoTIFF", "raster", "gdal", f"/vsicurl/{tif}")
    yield case("GeoPackage", "vector", "ogr", f"/vsicurl/{gpkg}")


def wmts(capabilities: str, token: str = "") -> Case:
    """A layer of WMTS."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    text = httpx.get(capabilities, headers=headers, timeout=60).text
    own = text[text.index(f"<ows:Identifier>{RASTER}</ows:Identifier>") :]
    matrices = own.split("<TileMatrixSet>")[1].split("</TileMatrixSet>")[0]
    source = f"crs=EPSG:3857&format=image/png&layers={RASTER}&styles=default"
    source += f"&tileMatrixSet={matrices}&url={capabilities}"
    return case("WMTS", "raster", "wms", source, token)


def xyz(template: str, token: str = "") -> Case:
    """Tiles by their template."""
    source = f"type=xyz&url={template}&zmin=10&zmax=18"
    return case("XYZ", "raster", "wms", source, token)


def features(landing: str, token: str = "") -> Case:
    """Features of OGC API."""
    return case("Features", "vector", "OAPIF", f"url='{landing}' typename='{VECTOR}'", token)


def case(name: str, kind: str, provider: str, source: str, token: str = "") -> Case:
    """What QGIS is asked to open."""
    way = "token" if token else "signed"
    return {
        "name": f"{name} {way}", "kind": kind, "provider": provider, "source": source,
        "token": token, "box": BOX,
    }  # fmt: skip


def main() -> int:
    """Print the table; return how many cases fail."""
    (project,) = Path(sys.argv[1]).resolve().glob("*.qgs")
    pictures = Path(sys.argv[2] if len(sys.argv) > 2 else "out/qgis").resolve()
    pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        sc.publish_city(folder)
        with Identity(folder, [sc.AUDIENCE], f"http://127.0.0.1:{port}/callback") as identity:
            sc.write_config(folder, port, identity.issuer)
            server = sc.start_server(folder, identity, port)
            try:
                cases = [{"name": "project", "kind": "project", "source": str(project)}]
                cases += [*with_token(server), *signed(server)]
                told = folder / "cases.json"
                told.write_text(json.dumps(cases), encoding="utf-8")
                home = {"XDG_RUNTIME_DIR": name, "HOME": name, "PATH": os.environ["PATH"]}
                words = [PYTHON, str(SCRIPT), str(told), str(pictures)]
                return subprocess.run(words, env=home, check=False, timeout=600).returncode
            finally:
                sc.stop_server(server)


if __name__ == "__main__":
    sys.exit(main())
