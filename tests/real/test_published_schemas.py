"""Published documents against the schemas of STAC's extensions and of GeoParquet, offline."""

from __future__ import annotations

import json
import os
from pathlib import Path

import jsonschema
import pyarrow.parquet as pq
import pyproj
import pystac
import pystac.validation
import pytest
from pystac.validation.stac_validator import JsonSchemaSTACValidator
from referencing import Registry, Resource
from rio_cogeo import cog_validate

import citytwin
from citytwin.store import stac_model
from citytwin.store.publish import publish
from tests.unit.store import little_city as lc

SAMPLES = os.environ.get("CITYTWIN_SAMPLES")
SCHEMAS = Path(SAMPLES or ".") / "schemas"
pytestmark = pytest.mark.skipif(
    not (SAMPLES and SCHEMAS.is_dir()),
    reason="set CITYTWIN_SAMPLES to the folder with the schemas",
)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published city with every layer there is."""
    folder = tmp_path_factory.mktemp("city")
    publish(folder, [lc.stage(folder / ".work", one.id) for one in lc.recipes()], lc.run_info())
    return folder


@pytest.fixture(scope="module")
def validator() -> JsonSchemaSTACValidator:
    """Pystac's validator with the extensions' schemas in its cache, so that it stays offline."""
    checker = JsonSchemaSTACValidator()
    for url in (stac_model.PROJECTION, stac_model.RASTER, stac_model.PROCESSING, stac_model.FILE):
        name, version = url.split("/")[-3:-1]
        schema = json.loads((SCHEMAS / "stac" / f"{name}-{version}.json").read_bytes())
        checker.schema_cache[url] = schema
    return checker


def test_stac_items_with_extensions(city: Path, validator: JsonSchemaSTACValidator) -> None:
    """Every item holds to STAC 1.1.0 and to the four extensions that it names."""
    items = sorted(city.rglob("item.json"))
    assert len(items) == len(lc.recipes())
    for path in items:
        read = json.loads(path.read_bytes())
        raster = bool(list(path.parent.glob("*.tif")))
        assert (stac_model.RASTER in read["stac_extensions"]) == raster
        done = pystac.validation.validate_dict(read, href=str(path), validator=validator)
        assert set(read["stac_extensions"]) <= set(done), path


def test_the_validator_sees_faults(city: Path, validator: JsonSchemaSTACValidator) -> None:
    """A band without raster fields and a broken transform are found: the check is real."""
    read = json.loads(next(city.glob("terrain/*/item.json")).read_bytes())
    read["properties"]["proj:transform"] = [1, 2]
    with pytest.raises(pystac.errors.STACValidationError):
        pystac.validation.validate_dict(read, validator=validator)
    read = json.loads(next(city.glob("terrain/*/item.json")).read_bytes())
    read["assets"]["data"]["file:checksum"] = "not a multihash"
    with pytest.raises(pystac.errors.STACValidationError):
        pystac.validation.validate_dict(read, validator=validator)


def test_collections_and_catalogue(city: Path, validator: JsonSchemaSTACValidator) -> None:
    """Collections and catalogue hold to STAC 1.1.0."""
    for path in (city / "catalog.json", *sorted(city.rglob("collection.json"))):
        pystac.validation.validate_dict(json.loads(path.read_bytes()), validator=validator)


def test_geoparquet_metadata(city: Path, tmp_path: Path) -> None:
    """The geo key of every file holds to GeoParquet 1.1.0 and, in it, to PROJJSON."""
    checker = geoparquet_checker()
    files = sorted(city.rglob("*.parquet"))
    assert len(files) >= 4
    model = citytwin.read_citymodel(Path(__file__).parents[2] / "data" / "demo" / "udx")
    for faces in ("native", "wkb"):
        files += model.to_geoparquet(tmp_path / faces, faces=faces)
    for path in files:
        geo = json.loads(pq.read_metadata(path).metadata[b"geo"])
        assert list(checker.iter_errors(geo)) == [], path
    geo["columns"]["geometry"]["encoding"] = "TWKB"
    assert list(checker.iter_errors(geo))


def geoparquet_checker() -> jsonschema.Draft7Validator:
    """Validator of the geo key, with PROJJSON from pyproj, so that it stays offline."""
    schema = json.loads((SCHEMAS / "geoparquet" / "schema-1.1.0.json").read_bytes())
    data_dir = Path(pyproj.datadir.get_data_dir())
    projjson = json.loads((data_dir / "projjson.schema.json").read_bytes())
    references = _references(schema)
    assert all("projjson" in name for name in references)
    registry: Registry = Registry().with_resources(
        (name, Resource.from_contents(projjson)) for name in {projjson["$id"], *references}
    )
    return jsonschema.Draft7Validator(schema, registry=registry)


def _references(node: object) -> set[str]:
    """Return all outside references of a schema."""
    if isinstance(node, dict):
        own = {node["$ref"]} if str(node.get("$ref", "")).startswith("http") else set()
        return own.union(*(_references(value) for value in node.values()))
    if isinstance(node, list):
        return set().union(*(_references(value) for value in node))
    return set()


def test_geotiffs(city: Path) -> None:
    """Every GeoTIFF passes the strict check for cloud-optimised files."""
    files = sorted(city.rglob("*.tif"))
    assert len(files) >= 8
    for path in files:
        assert cog_validate(path, strict=True, quiet=True) == (True, [], []), path
