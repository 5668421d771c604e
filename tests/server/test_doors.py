"""Every door of a running server: who sees what, what holds, and what the audit says of it."""

from __future__ import annotations

import io
import json
import os
import re
import time
from collections.abc import Callable
from urllib.parse import urljoin

import httpx
import numpy as np
import pytest
import rasterio
from morecantile import tms
from PIL import Image
from pyproj import Transformer

from citytwin.model.layer import Style
from citytwin.security.audit import read_key, verify
from citytwin.store.paint import painted
from tests.server.served_city import INTERNAL, MARK, OTHER_AUDIENCE, POLICY, PUBLIC, Running

RUN = "20261123T210000Z"
LON, LAT = 139.757, 35.692


def layers(answer: httpx.Response) -> set[str]:
    """Ids that ``latest.json`` names."""
    return {entry["id"] for entry in answer.json()["layers"]}


def open_paths(server: Running) -> dict[str, list[str]]:
    """Every route of the OpenAPI document, filled in for a layer that may be seen, or hidden."""
    spec = server.get("/openapi.json").json()["paths"]
    fill = {
        "run": RUN,
        "path": "layer.json",
        "tileMatrixSetId": "WebMercatorQuad",
        "z": "0",
        "x": "0",
        "y": "0",
        "lon": str(LON),
        "lat": str(LAT),
        "feature": "bldg_008",
    }
    found: dict[str, list[str]] = {}
    for path, methods in spec.items():
        found[re.sub(r"\{(\w+)\}", lambda m: fill.get(m[1], "{" + m[1] + "}"), path)] = [*methods]
    return found


def bare(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    """All that an answer tells but the time."""
    told = {name: value for name, value in answer.headers.items() if name != "date"}
    return answer.status_code, answer.content, told


def test_each_reader_sees_the_layers_of_the_policy(server: Running) -> None:
    """Public ones without a token, internal ones for planners, none more for guests."""
    planner, guest = server.token(), server.token("guest-tool")
    assert layers(server.get("/latest.json")) == set(PUBLIC)
    assert layers(server.get("/latest.json", guest)) == set(PUBLIC)
    assert layers(server.get("/latest.json", planner)) == {*PUBLIC, *INTERNAL}
    for path in ("/catalog.json", "/ogc/collections"):
        without, with_token = server.get(path).text, server.get(path, planner).text
        assert not any(f'"{name}' in without or f"/{name}/" in without for name in INTERNAL)
        assert "traffic" in with_token
    assert server.get("/latest.json").json()["classification"] == "public"
    assert server.get("/latest.json", planner).json()["classification"] == "internal"


def test_every_route_without_a_token(server: Running) -> None:
    """Of hidden layers nothing is told: the answers are those for a layer that is not there."""
    seen, guest = 0, server.token("guest-tool")
    for path, methods in open_paths(server).items():
        if "{layer}" not in path:
            continue
        for method in methods:
            seen += 1
            ask = [
                httpx.request(method, server.url + path.replace("{layer}", name))
                for name in (*INTERNAL, "absent")
            ]
            assert {answer.status_code for answer in ask} == {404}, path
            assert bare(ask[0]) == bare(ask[1]) == bare(ask[2]), path
            hidden, absent = (
                httpx.request(
                    method,
                    server.url + path.replace("{layer}", name),
                    headers={"Authorization": f"Bearer {guest}"},
                )
                for name in (INTERNAL[0], "absent")
            )
            assert hidden.status_code == 404, path
            assert bare(hidden) == bare(absent), path
    assert seen >= 10


def everything(server: Running, token: str) -> dict[str, bytes]:
    """All that a reader gets who follows each address that an answer names, with its headers."""
    found: dict[str, bytes] = {}
    begin = [path for path in open_paths(server) if "{" not in path and path != "/logout"]
    todo = [*begin, "/ogc/collections", f"/terrain/{RUN}/styles/terrain.json"]
    for entry in server.get("/latest.json", token).json()["layers"]:
        name, run = entry["id"], entry["run_id"]
        todo += [path.replace("{layer}", name) for path in open_paths(server) if "{layer}" in path]
        folder = server.folder / "city" / name / run
        todo += [f"/{name}/{run}/{one.relative_to(folder)}" for one in folder.rglob("*.*")]
    while todo:
        path = todo.pop()
        if path in found or "{" in path:
            continue
        answer = server.get(path, token)
        found[path] = repr(answer.headers).encode() + answer.content
        for said in re.findall(rb'(?:href|template)"?[=:] ?"([^"]+)"', answer.content):
            there = urljoin(server.url + path, said.decode())
            todo += [there.removeprefix(server.url)] if there.startswith(server.url) else []
    return found


def test_nothing_that_is_delivered_names_a_hidden_layer(server: Running) -> None:
    """Neither its id nor what it says of itself, in any byte of any answer."""
    wanted = [MARK.encode(), *(name.encode() for name in INTERNAL)]
    for token in ("", server.token("guest-tool")):
        got = everything(server, token)
        assert len(got) > 40
        told = {
            (path, word)
            for path, content in got.items()
            for word in wanted
            if word in content and not path.startswith("/viewer/") and path != "/"
        }
        assert told == set()
    planner = everything(server, server.token())
    assert any(MARK.encode() in content for content in planner.values())


def test_every_route_with_a_token_that_does_not_hold(server: Running) -> None:
    """401, also for what is public: nobody falls back to being anonymous."""
    for path, methods in open_paths(server).items():
        for method in methods:
            address = server.url + path.replace("{layer}", PUBLIC[0])
            answer = httpx.request(method, address, headers={"Authorization": "Bearer x.y.z"})
            assert answer.status_code == 401, path
            assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_for_another_server_does_not_hold(server: Running) -> None:
    """Nor any other scheme, nor a token in the address."""
    other = server.token(audience=OTHER_AUDIENCE)
    assert server.get("/latest.json", other).status_code == 401
    assert server.get("/latest.json", Authorization="Basic YTpi").status_code == 401
    assert server.get("/latest.json", Authorization="Bearer").status_code == 401
    assert layers(server.get(f"/latest.json?access_token={server.token()}")) == set(PUBLIC)
    both = [("Authorization", f"Bearer {server.token()}"), ("Authorization", "Bearer x")]
    for headers in (both, both[::-1]):  # whoever stands between may have read either
        assert httpx.get(server.url + "/latest.json", headers=headers).status_code == 401


def test_files_of_a_layer_and_ranges_of_them(server: Running) -> None:
    """What may be seen is sent whole or in part; what lies beside is not there."""
    token = server.token()
    path = f"/flood_depth_max/{RUN}/flood_depth_max.tif"
    whole = server.get(path, token)
    assert whole.content == (server.folder / "city" / path[1:]).read_bytes()
    assert "private" in whole.headers["Cache-Control"]
    part = server.get(path, token, Range="bytes=4-11")
    assert (part.status_code, part.content) == (206, whole.content[4:12])
    assert server.get(f"/flood_depth_max/{RUN}/styles/flood_depth_max.json", token).is_success


@pytest.mark.parametrize(
    "path",
    [
        "/little.qgs",
        "/../serve.yaml",
        "/%2e%2e/serve.yaml",
        "/terrain/..%2f..%2fserve.yaml",
        f"/terrain/{RUN}/..%2f..%2f..%2fserve.yaml",
        f"/terrain/{RUN}/.hidden",
        f"/terrain/{RUN}/styles/../layer.json/x",
        f"/terrain/{RUN}/%00",
        f"/terrain/{RUN}/",
        "/terrain/20990101T000000Z/layer.json",
        "/viewer/../serve.yaml",
        "/viewer/app/..%2f..%2findex.html",
        "/tiles/%2Fvsicurl%2Fhttp%3A%2F%2F127.0.0.1%2Fx.tif/point/1,1",
        "/tiles/terrain/tiles/WorldCRS84Quad/0/0/0",
        "/tiles/terrain/tiles/WebMercatorQuad/0/0/0?frame=1",
        "/tiles/buildings/tiles/WebMercatorQuad/0/0/0",
        "/tiles/terrain/point/nan,1",
        "/ogc/collections/terrain/items",
        "/ogc/collections/buildings/items/nobody",
        "/ogc/collections/buildings/items?bbox=1,2,3",
        "/ogc/collections/buildings/items?bbox=nan,1,2,3",
        "/signed/x",
    ],
)
def test_what_is_not_there(server: Running, path: str) -> None:
    """Paths out of the city, other tile sets, addresses, damaged numbers: one answer for all."""
    token = "" if path.startswith("/signed") else server.token()
    answer = server.get(path, token)
    assert answer.status_code in (404, 401)
    assert answer.status_code == 404 or path.startswith("/signed")


def test_no_parameter_reaches_the_image(server: Running) -> None:
    """Expressions, colour maps and addresses change nothing."""
    tile = tms.get("WebMercatorQuad").tile(LON, LAT, 17)
    path = f"/tiles/terrain/tiles/WebMercatorQuad/17/{tile.x}/{tile.y}"
    plain = server.get(path).content
    more = "?url=/etc/passwd&expression=b1*2&colormap_name=viridis&rescale=0,1&bidx=7&nodata=0"
    assert server.get(path + more).content == plain


def test_tiles_have_the_colours_of_the_style(server: Running) -> None:
    """A pixel of a tile against the value of the GeoTIFF at its place, painted by the style."""
    grid = tms.get("WebMercatorQuad")
    tile = grid.tile(LON, LAT, 17)
    answer = server.get(f"/tiles/terrain/tiles/WebMercatorQuad/17/{tile.x}/{tile.y}")
    picture = np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGBA"))
    assert picture.shape == (256, 256, 4)
    folder = server.folder / "city" / "terrain" / RUN
    document = json.loads((folder / "layer.json").read_text())
    style = Style.model_validate_json((folder / document["style"]).read_text())
    box = grid.xy_bounds(tile)
    row, column = 100, 220
    x = box.left + (column + 0.5) * (box.right - box.left) / 256
    y = box.top - (row + 0.5) * (box.top - box.bottom) / 256
    with rasterio.open(folder / "terrain.tif") as raster:
        there = Transformer.from_crs(3857, raster.crs, always_xy=True).transform(x, y)
        value = next(raster.sample([there]))[:1]
    assert value > -9999
    expected = painted(style, value, document["precision"])[0]
    assert np.abs(picture[row, column].astype(int) - expected.astype(int)).max() <= 4
    said = server.get(f"/tiles/terrain/point/{LON},{LAT}").json()
    assert said["unit"] == "m"
    assert isinstance(said["value"], float)
    far = server.get("/tiles/terrain/point/0,0").json()
    assert far["value"] is None


def test_tile_sets_and_tilejson(server: Running) -> None:
    """In the shape of OGC API - Tiles, and TileJSON, within the zooms that the data have."""
    (tile_set,) = server.get("/tiles/terrain/tiles").json()["tilesets"]
    assert tile_set["crs"].endswith("EPSG/0/3857")
    said = server.get("/tiles/terrain/WebMercatorQuad/tilejson.json").json()
    west, south, east, north = said["bounds"]
    assert west < LON < east
    assert south < LAT < north
    assert 10 < said["minzoom"] <= said["maxzoom"] < 20


def test_features_page_by_page(server: Running) -> None:
    """All features, once each, whatever the page; a box gives those that it meets."""
    path = "/ogc/collections/buildings/items"
    whole = server.get(f"{path}?limit=1000").json()
    ids = [feature["id"] for feature in whole["features"]]
    assert len(ids) == len(set(ids)) == whole["numberMatched"] > 3
    found, here = [], f"{server.url}{path}?limit=2"
    while here:
        page = server.get(here.removeprefix(server.url)).json()
        assert page["numberReturned"] <= 2
        found += [feature["id"] for feature in page["features"]]
        here = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
    assert found == ids
    one = server.get(f"{path}/{ids[0]}").json()
    assert one["geometry"] == whole["features"][0]["geometry"]
    box = server.get(f"{path}?bbox=139.0,35.0,139.1,35.1").json()
    assert box["numberMatched"] == 0


def test_signed_addresses(server: Running) -> None:
    """They open one layer, files and tiles, for whoever has them; and nothing else."""
    token = server.token()
    signing = {"Authorization": f"Bearer {token}"}
    answer = httpx.post(f"{server.url}/sign/flood_depth_max", headers=signing)
    signed = answer.json()
    assert httpx.get(signed["folder"] + "layer.json").json()["id"] == "flood_depth_max"
    tile = tms.get("WebMercatorQuad").tile(LON, LAT, 16)
    address = signed["tiles"].format(z=16, x=tile.x, y=tile.y)
    assert httpx.get(address).headers["Content-Type"] == "image/png"
    base = signed["folder"].split("/flood_depth_max/")[0]
    said = httpx.get(f"{base}/tiles/flood_depth_max/WebMercatorQuad/tilejson.json").json()
    assert said["tiles"][0].startswith(base)  # addresses in answers are signed, too
    for other in ("traffic", "terrain"):
        assert httpx.get(f"{base}/{other}/{RUN}/layer.json").status_code == 404
    assert layers(httpx.get(f"{base}/latest.json")) == {"flood_depth_max"}
    assert httpx.post(f"{base}/sign/flood_depth_max").status_code == 404
    forged = base[:-3] + ("AAA" if not base.endswith("AAA") else "BBB")
    assert httpx.get(f"{forged}/flood_depth_max/{RUN}/layer.json").status_code == 401
    guest = {"Authorization": f"Bearer {server.token('guest-tool')}"}
    for name in ("flood_depth_max", "terrain"):  # no rule lets guests sign
        assert httpx.post(f"{server.url}/sign/{name}", headers=guest).status_code == 404


def test_headers_of_every_answer(server: Running) -> None:
    """Also of refusals; and what a request may not be."""
    for path in ("/", "/latest.json", "/absent", "/viewer/app/main.js"):
        answer = server.get(path)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "server" not in answer.headers
    tiles = (
        "tiles",
        "point/139.7,35.6",
        "WebMercatorQuad/tilejson.json",
        "tiles/WebMercatorQuad/0/0/0",
    )
    for path in ("/latest.json", "/session.json", *(f"/tiles/terrain/{one}" for one in tiles)):
        answer = server.get(path, server.token())
        assert answer.is_success
        assert answer.headers["Cache-Control"] == "private, no-cache", path
    assert server.get("/latest.json", Host="evil.example").status_code == 400
    assert httpx.post(server.url + "/logout", content=b"x").status_code == 413
    assert httpx.request("DELETE", server.url + "/latest.json").status_code == 405


def test_the_audit_tells_every_decision_and_no_secret(server: Running) -> None:
    """Yes and no, by which rule; no token, no name, no coordinate."""
    token = server.token()
    server.get(f"/traffic/{RUN}/layer.json", token)
    server.get(f"/traffic/{RUN}/layer.json")
    server.get("/tiles/terrain/point/139.7571234,35.6921234")
    time.sleep(0.2)
    key = read_key(server.folder / "audit.key")
    result = verify(server.folder / "audit", server.folder / "anchors", key)
    assert result.findings == ()
    text = "".join(p.read_text() for p in (server.folder / "audit").glob("*.jsonl"))
    entries = [json.loads(line) for line in text.splitlines()]
    traffic = [e for e in entries if e["id"] == "traffic" and e["action"] == "read"]
    assert {(e["allowed"], e["rule"], bool(e["who"])) for e in traffic[-2:]} == {
        (True, "planners", True),
        (False, "", False),
    }
    assert token.split(".")[2] not in text
    assert "planner-tool" not in text
    assert "139.757" not in text


def _put_policy(server: Running, text: str, seen: Callable[[], bool]) -> None:
    """Write the rules as an editor would have a minute ago, and wait until something follows."""
    file = server.folder / "policy.yaml"
    file.write_text(text, encoding="utf-8")
    then = time.time() - 60.0
    os.utime(file, (then, then))
    end = time.monotonic() + 60.0
    while not seen():
        assert time.monotonic() < end, "the server does not follow its policy"
        time.sleep(0.2)


def test_a_changed_policy_counts_without_a_restart(server: Running) -> None:
    """A planner sees less, and goes on doing so while the file is broken."""
    token = server.token()

    def seen() -> set[str]:
        return layers(server.get("/latest.json", token))

    def refused() -> bool:
        server.get("/session.json")
        lines = "".join(p.read_text() for p in (server.folder / "audit").glob("*.jsonl"))
        found = [json.loads(line) for line in lines.splitlines()]
        return any(one["kind"] == "policy" and not one["allowed"] for one in found)

    try:
        less = POLICY.replace("up_to: restricted", "up_to: public")
        _put_policy(server, less, lambda: seen() == set(PUBLIC))
        _put_policy(server, POLICY + "  - {name: half", refused)
        assert seen() == set(PUBLIC)
    finally:
        _put_policy(server, POLICY, lambda: seen() == {*PUBLIC, *INTERNAL})


def test_keys_of_the_provider_change(server: Running) -> None:
    """A new key is fetched when a token names it; a token of the old one then holds no more.

    The server asks again at most every 10 s, so that unknown keys are no way to make it ask.
    """
    old = server.token()
    assert server.get("/latest.json", old).is_success
    time.sleep(10.5)
    server.identity.rotate("second")
    new = server.token()
    assert layers(server.get("/latest.json", new)) == {*PUBLIC, *INTERNAL}
    assert server.get("/latest.json", old).status_code == 401
