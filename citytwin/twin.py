"""Twin: a published city in a notebook, lazy, with CRS, units and provenance."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from html import escape
from pathlib import Path

import geopandas as gpd
import numpy as np
import rioxarray
import xarray as xr

from citytwin.asking import asking
from citytwin.engine.request import read_latest
from citytwin.errors import StoreError
from citytwin.model.layer import FrameAsset, Latest, LayerDocument, PublishedLayer
from citytwin.security.audit import AuditChain
from citytwin.security.decision import ANONYMOUS, Resource, Subject
from citytwin.security.inquiry import Inquiry
from citytwin.security.policy import PUBLIC_ONLY, Policy
from citytwin.store.asked_for import OBSERVATIONS, kept_table
from citytwin.store.at_rest import read_bytes, readable
from citytwin.store.observations import (
    History,
    ObservationLookup,
    difference,
    folder_of,
    located,
    open_lookup,
)
from citytwin.store.sealed_rasters import opener_for
from citytwin.wording import nearest

_CHUNK = 512


class Layer:
    """One published layer.

    Parameters
    ----------
    directory
        Folder of the layer's run.
    document
        Its ``layer.json``.
    """

    def __init__(self, directory: Path, document: LayerDocument) -> None:
        self.directory = directory
        self.document = document

    def to_xarray(self) -> xr.DataArray:
        """Open a raster layer lazily.

        Returns
        -------
        DataArray
            Dimensions (y, x), of a layer over time (time, y, x) with times in UTC, of one by
            direction (direction, y, x) in degrees; NaN or the class nodata masked, with ``rio.crs``, units, notes and the hashes of the inputs among
            its attributes.

        Raises
        ------
        StoreError
            If the layer is not a raster.
        """
        if self.document.kind != "raster":
            msg = f"layer {self.document.id} is a {self.document.kind} layer"
            raise StoreError(msg, hint="use to_geopandas()")
        frames = self.document.frames
        if frames:
            array = _along(frames, [self._open(frame.data) for frame in frames])
        else:
            array = self._open(f"{self.document.id}.tif")
        array = array.rename(self.document.id)
        array.attrs = {
            "units": self.document.unit,
            "long_name": self.document.title.en,
            "valid_time": self.document.valid_time,
            "notes": [note.en for note in self.document.notes],
            "sources": {credit.title.en: credit.sha256 for credit in self.document.sources},
            "licence": self.document.licence,
            "fingerprint": self.document.fingerprint,
        }
        return array

    def _open(self, name: str) -> xr.DataArray:
        """Open one GeoTIFF of the layer lazily."""
        path = self.directory / name
        array = rioxarray.open_rasterio(
            path,
            masked=True,
            chunks={"x": _CHUNK, "y": _CHUNK},
            band_as_variable=False,
            **opener_for(path),
        )
        if not isinstance(array, xr.DataArray):
            msg = f"{path} does not hold one raster"
            raise StoreError(msg, hint="run the city again")
        return array.squeeze("band", drop=True)

    def to_geopandas(self) -> gpd.GeoDataFrame:
        """Read a vector layer.

        Returns
        -------
        GeoDataFrame
            In the CRS of the city; units of the columns stand in ``attrs["units"]``.

        Raises
        ------
        StoreError
            If the layer is not a vector layer.
        """
        if self.document.kind != "vector":
            msg = f"layer {self.document.id} is a {self.document.kind} layer"
            raise StoreError(msg, hint="use to_xarray()")
        frame = gpd.read_parquet(readable(self.directory / f"{self.document.id}.parquet"))
        frame.attrs = {
            "units": {column.name: column.unit for column in self.document.columns},
            "notes": [note.en for note in self.document.notes],
            "sources": {credit.title.en: credit.sha256 for credit in self.document.sources},
            "licence": self.document.licence,
        }
        return frame

    def __repr__(self) -> str:
        return f"<Layer {self.document.id}: {self.document.title.en} [{self.document.unit}]>"


def _along(frames: Sequence[FrameAsset], arrays: Sequence[xr.DataArray]) -> xr.DataArray:
    """Join the arrays of moments, directions or seasons along their axis."""
    times = [frame.time.removesuffix("Z") for frame in frames if frame.time is not None]
    axis = frames[0].axis
    array = xr.concat(arrays, dim=axis, join="override", combine_attrs="drop")
    if times:
        array = array.assign_coords(time=np.array(times, dtype="datetime64[s]"))
        array["time"].attrs = {"standard_name": "time", "long_name": "time (UTC)"}
        return array
    if axis == "season":
        names = [frame.said.en for frame in frames if frame.said is not None]
        array = array.assign_coords(season=names)
        array["season"].attrs = {"long_name": "months of the year"}
        return array
    array = array.assign_coords(direction=[frame.from_deg for frame in frames])
    array["direction"].attrs = {
        "standard_name": "wind_from_direction",
        "long_name": "where the wind comes from, clockwise from true north",
        "units": "degree",
    }
    return array


class Twin:
    """A published city.

    Parameters
    ----------
    directory
        Folder that holds ``latest.json``.
    policy
        Who may see what; of a city for known readers only, where without one what is public counts.
        There observations are the table ``observations``: internal, and secret in a sealed city.
    subject
        Who looks.
    chain
        Gets each decision, all of which are made here; None = the log does.
    """

    def __init__(
        self,
        directory: str | Path,
        policy: Policy = PUBLIC_ONLY,
        subject: Subject = ANONYMOUS,
        chain: AuditChain | None = None,
    ) -> None:
        directory = Path(directory)
        latest = read_latest(directory)
        if latest is None:
            msg = f"{directory} holds no published city"
            raise StoreError(msg, hint="give the folder that holds latest.json, such as out/demo")
        self.directory = directory
        self.latest: Latest = latest
        self._observed = True
        if latest.publication == "served":
            inquiry = Inquiry(subject, policy, chain)
            self.latest = latest.model_copy(update={"layers": self._allowed(inquiry)})
            self._observed = inquiry.may("read", kept_table(OBSERVATIONS, self.directory))
        self._reader: ObservationLookup | None = None

    @property
    def crs(self) -> str:
        """CRS of all layers."""
        return self.latest.crs

    def __iter__(self) -> Iterator[str]:
        return (layer.id for layer in self.latest.layers)

    def __len__(self) -> int:
        return len(self.latest.layers)

    def __getitem__(self, layer_id: str) -> Layer:
        for layer in self.latest.layers:
            if layer.id == layer_id:
                return self._open(layer)
        msg = f"no layer {layer_id!r}{nearest(layer_id, list(self))}"
        raise KeyError(msg)

    def state(
        self,
        valid_at: datetime,
        known_at: datetime | None = None,
        *,
        bbox: tuple[float, float, float, float] | None = None,
        properties: Collection[str] = (),
    ) -> gpd.GeoDataFrame:
        """Return what was observed in the city as of a time, as far as it was known at another.

        Parameters
        ----------
        valid_at
            Aware; of each sensor the latest good value counts that it had by then.
        known_at
            Aware; what became known later does not count. None for all that is known now; the
            answer's ``attrs["known_at"]`` asks for the same again at any later time.
        bbox
            West, south, east, north [degrees, WGS 84]; None for everywhere.
        properties
            Names, such as ``rainfall_rate``; none for all.

        Returns
        -------
        GeoDataFrame
            In the CRS of the city, one row per sensor and property: result and unit, the interval
            of the observation, when it became known, its age [s], flag and tests, whether it is
            stale (older than three times the cadence of its sensor).

        Raises
        ------
        StoreError
            If the city has no observations, or a time is not aware.
        """
        reader = self._observations()
        found = reader.state(valid_at, known_at, bbox=bbox, properties=properties)
        return located(found, self.crs)

    def diff(
        self,
        before: datetime,
        after: datetime,
        known_at: datetime | None = None,
        *,
        properties: Collection[str] = (),
    ) -> gpd.GeoDataFrame:
        """Return how the city changed from one time to another.

        Parameters
        ----------
        before, after
            Aware.
        known_at
            Aware; None for all that is known now.
        properties
            Names; none for all.

        Returns
        -------
        GeoDataFrame
            In the CRS of the city: values of both times, their ``change``, and ``what``: appeared,
            gone, changed, same.

        Raises
        ------
        StoreError
            If the city has no observations, or a time is not aware.
        """
        reader = self._observations()
        one = reader.state(before, known_at, properties=properties)
        other = reader.state(after, known_at or one.known_at, properties=properties)
        return difference(one, other, self.crs)

    def history(
        self,
        thing: str,
        observed: str,
        start: datetime,
        end: datetime,
        known_at: datetime | None = None,
    ) -> History:
        """Return what a thing has observed over time.

        Parameters
        ----------
        thing
            URN of the sensor.
        observed
            Name of the property.
        start, end
            Aware; intervals end after the first and not after the second.
        known_at
            Aware; None for all that is known now.

        Returns
        -------
        History
            Its ``frame`` is a table, ``to_xarray()`` a series.

        Raises
        ------
        StoreError
            If the city has no observations, the thing has never reported the property, or a time is
            not aware.
        """
        return self._observations().history(thing, observed, start, end, known_at)

    def _observations(self) -> ObservationLookup:
        if not self._observed:
            of = kept_table(OBSERVATIONS, self.directory).classification
            msg = f"observations of {self.directory} are {of}, and no rule gives them"
            hint = f"a rule for `kinds: [table]` with `up_to: {of}` does"
            raise StoreError(msg, hint=hint)
        if self._reader is None:
            self._reader = open_lookup(folder_of(self.directory.resolve()))
        return self._reader

    def _allowed(self, inquiry: Inquiry) -> tuple[PublishedLayer, ...]:
        def may(layer: PublishedLayer) -> bool:
            document = self._open(layer).document
            thing = Resource("layer", layer.id, document.classification)
            return inquiry.may("read", thing)

        return tuple(layer for layer in self.latest.layers if may(layer))

    def _open(self, layer: PublishedLayer) -> Layer:
        directory = self.directory / layer.path
        document = LayerDocument.model_validate_json(read_bytes(directory / "layer.json"))
        return Layer(directory, document)

    def _rows(self) -> list[tuple[str, str, str, str]]:
        documents = [self[name].document for name in self]
        return [(d.id, d.kind, d.unit, d.title.en) for d in documents]

    def __repr__(self) -> str:
        head = f"<Twin {self.latest.city.title.en}, {self.crs}, run {self.latest.run_id}>"
        if self.latest.synthetic:
            head += " contains synthetic data"
        lines = [f"  {a:<20} {b:<7} {c:<6} {d}" for a, b, c, d in self._rows()]
        return "\n".join([head, *lines])

    def _repr_html_(self) -> str:
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
            for row in self._rows()
        )
        synthetic = " · contains synthetic data" if self.latest.synthetic else ""
        title = f"{self.latest.city.title.en} · {self.crs} · run {self.latest.run_id}{synthetic}"
        head = "<tr><th>layer</th><th>kind</th><th>unit</th><th>title</th></tr>"
        return f"<b>{escape(title)}</b><table>{head}{body}</table>"


def open_twin(
    directory: str | Path,
    policy: str | Path | None = None,
    roles: Collection[str] = (),
    serve: str | Path | None = None,
) -> Twin:
    """Open a published city.

    Of a city for known readers, layers that the policy does not give are not there, and neither are
    observations, which are the table ``observations``: internal, and secret in a sealed city. That keeps
    honest readers to what is theirs; files that an account may read are kept from it by the rights
    of the folder alone.

    Parameters
    ----------
    directory
        Folder that holds ``latest.json``, such as ``out/demo``.
    policy
        YAML file that says who may see what; without one, that of `serve`, else what is public.
    roles
        Of whoever opens it.
    serve
        YAML file that says how the city is served: its chain of decisions gets those that are made
        here. Without one they are lines of the log, at the level INFO.

    Raises
    ------
    StoreError
        If nothing is published there, it is sealed and the key is not here, or the chain cannot be
        written.
    ConfigError
        If the policy or how the city is served is missing or wrong.
    """
    with asking(policy, roles, serve) as inquiry:
        return Twin(directory, inquiry.policy, inquiry.subject, inquiry.chain)
