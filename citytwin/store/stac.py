"""Builds the static STAC catalogue of a city: catalogue, a collection per layer, an item per run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC
from pathlib import Path

from pydantic import TypeAdapter

from citytwin.model.axes import Axis
from citytwin.model.layer import ImageAsset, InputFile, LayerDocument, ValuesAsset, highest
from citytwin.store.at_rest import read_bytes, size_of
from citytwin.store.latest import INPUTS, ITEM, LAYER
from citytwin.store.paint import both
from citytwin.store.raster_layer import THUMBNAIL
from citytwin.store.run_info import RunInfo
from citytwin.store.sealed_rasters import open_raster
from citytwin.store.series_vrt import VRT_TYPE, vrt_name
from citytwin.store.stac_model import (
    FILE,
    PROCESSING,
    PROJECTION,
    RASTER,
    Asset,
    Band,
    Catalog,
    Collection,
    CollectionExtent,
    Input,
    Item,
    ItemProperties,
    Link,
    Polygon,
    SpatialExtent,
    Statistics,
    TemporalExtent,
)
from citytwin.store.style_files import STYLES
from citytwin.version import __version__

_SPDX = re.compile(r"^[\w\-.+]+$")
_GEOJSON = "application/geo+json"
_INPUT_FILES = TypeAdapter(tuple[InputFile, ...])
_DATA_SUFFIXES = (".tif", ".parquet", ".gpkg", ".pmtiles")
_KNOWN = {
    "legend_ja.png": ("image/png", "legend", "凡例（日本語） / Legend (Japanese)"),
    "legend_en.png": ("image/png", "legend", "凡例（英語） / Legend (English)"),
    "legend.json": ("application/json", "legend", "凡例 / Legend (JSON)"),
    THUMBNAIL: ("image/png", "thumbnail", "サムネイル / Thumbnail"),
    LAYER: ("application/json", "metadata", "レイヤの説明 / Description of the layer"),
    INPUTS: ("application/json", "metadata", "入力ファイルの一覧 / List of the input files"),
}

_VRT_TITLES: dict[Axis, str] = {
    "time": "全時刻をバンドにまとめた VRT / All moments as bands (VRT)",
    "direction": "全風向をバンドにまとめた VRT / All directions as bands (VRT)",
    "season": "全季節をバンドにまとめた VRT / All seasons as bands (VRT)",
}


def item_of(
    document: LayerDocument, folder: Path, digests: Mapping[str, str], run: RunInfo
) -> Item:
    """Describe a layer's folder as a STAC item.

    Parameters
    ----------
    document
        Its ``layer.json``.
    folder
        Folder with all its files.
    digests
        Their sha256, by name: see :func:`citytwin.store.layer_writer.file_digests`.
    run
        Run that made it.
    """
    extent = document.extent
    if extent is None:  # only documents written by hand lack it
        msg = f"layer.json of {document.id} says no extent"
        raise ValueError(msg)
    west, south, east, north = extent.bounds
    ring = ((west, south), (east, south), (east, north), (west, north), (west, south))
    extensions = (PROJECTION, PROCESSING, FILE)
    return Item(
        stac_extensions=(*extensions, RASTER) if document.kind == "raster" else extensions,
        id=f"{document.id}_{run.run_id}",
        collection=document.id,
        bbox=extent.bounds,
        geometry=Polygon(coordinates=(ring,)),
        properties=ItemProperties(
            when=document.valid_time,
            begin=document.frames[0].time if document.frames else None,
            end=document.frames[-1].time if document.frames else None,
            created=run.published.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            title=both(document.title),
            description=both(document.summary),
            license=_spdx(document.licence),
            proj_code=extent.crs,
            proj_shape=extent.shape,
            proj_transform=extent.transform,
            software={"citytwin": __version__},
            lineage=_lineage(document),
            run_id=run.run_id,
            config_sha256=run.config_sha256,
            inputs=_inputs(document, folder),
            classification=document.classification,
            fingerprint=document.fingerprint,
            licence=document.licence,
            disclaimer=document.disclaimer if document.disclaimer.en else None,
            synthetic=any(source.synthetic for source in document.sources),
            notes=document.notes,
            facts=document.facts,
            vertical_datum=document.vertical_datum or run.vertical_datum,
        ),
        assets=_assets(document, folder, digests),
        links=(
            Link(rel="root", href="../../catalog.json"),
            Link(rel="parent", href="../collection.json"),
            Link(rel="collection", href="../collection.json"),
        ),
    )


def _spdx(licence: str) -> str:
    """Return a licence as STAC wants it: one SPDX identifier, or ``other``."""
    return licence if _SPDX.match(licence) else "other"


def _lineage(document: LayerDocument) -> str:
    named = "; ".join(both(source.title) for source in document.sources)
    return f"Computed by citytwin {__version__} from: {named or 'no named source'}"


def _inputs(document: LayerDocument, folder: Path) -> tuple[Input, ...]:
    """Every file that the layer was made from; the sources, where the files were not listed."""
    listed = folder / INPUTS
    files = _INPUT_FILES.validate_json(read_bytes(listed)) if listed.is_file() else ()
    if files:
        return tuple(
            Input(
                href=file.href,
                sha256=file.sha256,
                title=both(file.title),
                licence=file.licence,
                synthetic=file.synthetic,
            )
            for file in files
        )
    return tuple(
        Input(
            href=f"urn:sha256:{source.sha256}",
            sha256=source.sha256,
            title=both(source.title),
            licence=source.licence,
            synthetic=source.synthetic,
        )
        for source in document.sources
    )


def _assets(document: LayerDocument, folder: Path, digests: Mapping[str, str]) -> dict[str, Asset]:
    """Describe every file of the folder; the data come first."""
    titles = {file.href: (file.type, both(file.title)) for file in document.files}
    times = {
        href: frame.time
        for frame in document.frames
        if frame.time is not None
        for href in (frame.data, frame.image.href, frame.values.href)
    }
    assets: dict[str, Asset] = {}
    for name in dict.fromkeys([*(file.href for file in document.files), *sorted(digests)]):
        media, role, title = _described(document, name, titles)
        path = folder / name
        assets[_key(document, name)] = Asset(
            href=f"./{name}",
            title=title,
            type=media,
            roles=(role,),
            size=size_of(path),
            checksum=f"1220{digests[name]}",  # multihash: sha2-256, 32 bytes
            classification=document.classification,
            when=times.get(name),
            bands=(_band(document, path),) if name.endswith(".tif") else None,
        )
    return assets


def _described(
    document: LayerDocument, name: str, titles: dict[str, tuple[str, str]]
) -> tuple[str, str, str]:
    """Media type, role and title of a file."""
    if name in _KNOWN:
        return _KNOWN[name]
    if name == vrt_name(document.id):
        return VRT_TYPE, "data", _VRT_TITLES[document.frames[0].axis]
    if name in _hrefs(document.image, *(frame.image for frame in document.frames)):
        return "image/png", "visual", "地図画像 / Picture for maps (EPSG:3857)"
    if name in _hrefs(document.values, *(frame.values for frame in document.frames)):
        return "application/gzip", "values", "地図画面の値 / Values for the map page (uint16)"
    media, title = titles.get(name, ("application/octet-stream", name))
    role = "data" if name.endswith(_DATA_SUFFIXES) else "style"
    return media, role, title


def _hrefs(*assets: ImageAsset | ValuesAsset | None) -> set[str]:
    return {asset.href for asset in assets if asset is not None}


def _key(document: LayerDocument, name: str) -> str:
    """Short stable name of an asset."""
    suffix = name.removeprefix(f"{STYLES}/").removeprefix(f"{document.id}.").replace(".", "_")
    if name.startswith(f"{STYLES}/"):
        return f"style_{suffix}"
    return {"tif": "data", "parquet": "data", "png": "picture", "qml": "style_qml"}.get(
        suffix, suffix
    )


def _band(document: LayerDocument, path: Path) -> Band:
    with open_raster(path) as file:
        tags = file.tags(1)
        return Band(
            name=file.descriptions[0],
            description=both(document.title),
            data_type=file.dtypes[0],
            nodata=file.nodata,
            unit=file.units[0],
            statistics=_statistics(tags),
            spatial_resolution=file.res[0],
        )


def _statistics(tags: Mapping[str, str]) -> Statistics | None:
    if "STATISTICS_MEAN" not in tags:
        return None
    return Statistics(
        minimum=float(tags["STATISTICS_MINIMUM"]),
        maximum=float(tags["STATISTICS_MAXIMUM"]),
        mean=float(tags["STATISTICS_MEAN"]),
        stddev=float(tags["STATISTICS_STDDEV"]),
        valid_percent=float(tags["STATISTICS_VALID_PERCENT"]),
    )


def collection_of(document: LayerDocument, items: Sequence[Item]) -> Collection:
    """Describe all runs of a layer.

    Parameters
    ----------
    document
        Its newest ``layer.json``.
    items
        Its items, oldest first; at least one.
    """
    boxes = [item.bbox for item in items]
    begins = [item.properties.begin or item.properties.when for item in items]
    ends = [item.properties.end or item.properties.when for item in items]
    whole = (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )
    return Collection(
        id=document.id,
        title=both(document.title),
        description=both(document.summary),
        license=_spdx(document.licence),
        extent=CollectionExtent(
            spatial=SpatialExtent(bbox=(whole,)),
            temporal=TemporalExtent(interval=((min(begins), max(ends)),)),
        ),
        classification=highest([item.properties.classification for item in items]),
        links=(
            Link(rel="root", href="../catalog.json"),
            Link(rel="parent", href="../catalog.json"),
            *(
                Link(
                    rel="item",
                    href=f"./{item.properties.run_id}/{ITEM}",
                    type=_GEOJSON,
                    title=item.properties.created,
                )
                for item in items
            ),
        ),
    )


def catalog_of(run: RunInfo, collections: Sequence[Collection]) -> Catalog:
    """Describe all layers of a city.

    Parameters
    ----------
    run
        Names the city.
    collections
        Its collections, in the order of the map.
    """
    return Catalog(
        id=run.city.id,
        title=both(run.city.title),
        description=f"{both(run.city.title)}: {run.crs}, {both(run.vertical_datum)}",
        links=(
            Link(rel="root", href="./catalog.json"),
            *(child_link(one) for one in collections),
        ),
    )


def child_link(collection: Collection) -> Link:
    """Return the link by which the catalogue of a city names a layer.

    Parameters
    ----------
    collection
        All runs of the layer.
    """
    return Link(rel="child", href=f"./{collection.id}/collection.json", title=collection.title)
