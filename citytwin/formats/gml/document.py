"""A CityGML file: its Envelope, its features one by one, and the links between them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import numpy as np

from citytwin.errors import SourceError
from citytwin.formats.city.faces import Semantic
from citytwin.formats.city.instance_count import InstanceCount
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.city.site import FileSite
from citytwin.formats.gml.links import GEOMETRIES, Links
from citytwin.formats.gml.rings import inherited, numbers
from citytwin.formats.gml.surfaces import SemanticOf, Walk
from citytwin.formats.xml import Element, attribute, local_name, namespace, root_name, stream
from citytwin.model.steps import Dataset

T = TypeVar("T")

MEMBERS = ("cityObjectMember", "featureMember", "featureMembers")
"""Local names of what holds the features of a model."""
ROOTS = ("CityModel", "FeatureCollection")
_CITYGML = re.compile(r"(opengis\.net|citygml\.org)/citygml(/|$)")
_URBAN_PLANNING = re.compile(r"/iur/urf(/|$)")
_ROUNDS = 6


def is_citygml(element: Element) -> bool:
    """Whether an element belongs to CityGML, of any version.

    Parameters
    ----------
    element
        Any element.
    """
    return is_citygml_namespace(namespace(element))


@lru_cache(maxsize=256)
def is_citygml_namespace(uri: str) -> bool:
    """Whether a namespace is that of CityGML or one of its modules, of any version.

    Parameters
    ----------
    uri
        The namespace.
    """
    return _CITYGML.search(uri) is not None


def is_iur(element: Element) -> bool:
    """Whether an element belongs to i-UR for urban objects, of any version.

    Parameters
    ----------
    element
        Any element.
    """
    return is_iur_namespace(namespace(element))


@lru_cache(maxsize=256)
def is_iur_namespace(uri: str) -> bool:
    """Whether a namespace is that of i-UR for urban objects, of any version.

    Parameters
    ----------
    uri
        The namespace.
    """
    return "/uro/" in uri or "/i-ur/" in uri


def is_urban_planning(element: Element) -> bool:
    """Whether an element belongs to the urban planning module of i-UR, of any version.

    Parameters
    ----------
    element
        Any element.
    """
    return _URBAN_PLANNING.search(namespace(element)) is not None


@dataclass(eq=False)
class GmlFile:
    """One file while it is read."""

    path: Path
    site: FileSite
    semantic_of: SemanticOf
    """Kind of surface a polygon belongs to."""
    links: Links = field(default_factory=Links)
    srs_dimension: int | None = None
    content: bytes | None = None
    """Read instead of the file: some of its members inside its root element."""
    found: int = 0
    """Features or parts that were looked for and found so far."""
    instances: InstanceCount = field(default_factory=InstanceCount)
    _nameless: int = 0

    def features(self, names: Sequence[str]) -> Iterator[Element]:
        """Yield the outermost features of some kinds as they end.

        Parameters
        ----------
        names
            Local names, such as ``Building``.

        Raises
        ------
        SourceError
            If the file is no CityGML.
        """
        if self.content is None:
            self._nameless = 0  # else it goes on: these are further members of the file
        for element in self._elements(names):
            inner = any(local_name(a) in names and is_citygml(a) for a in element.iterancestors())
            if inner or not is_citygml(element):
                continue
            self.found += 1
            self.links.enter(element)
            yield element

    def members(self, belongs: Callable[[Element], bool]) -> Iterator[Element]:
        """Yield the features of the model that belong to a module, whatever their names.

        Parameters
        ----------
        belongs
            Tells by the namespace whether a feature is wanted.

        Raises
        ------
        SourceError
            If the file is no CityGML.
        """
        self._nameless = 0
        for member in self._elements(MEMBERS):
            for feature in member:
                if belongs(feature):
                    self.found += 1
                    self.links.enter(feature)
                    yield feature

    def parts(self, names: Sequence[str]) -> Iterator[Element]:
        """Yield all elements of some names as they end, whatever they belong to.

        Parameters
        ----------
        names
            Local names, such as ``Triangle``.

        Raises
        ------
        SourceError
            If the file is no CityGML.
        """
        for element in self._elements(names):
            self.found += 1
            yield element

    def _elements(self, names: Sequence[str]) -> Iterator[Element]:
        root = root_name(self.path) if self.content is None else ROOTS[0]
        if root not in ROOTS:
            raise SourceError(
                f"is not CityGML: its root element is <{root[:60]}>",
                source=self.path.name,
                hint="give a CityGML file",
            )
        for element in stream(self.path, (*names, "Envelope"), self.content):
            if local_name(element) == "Envelope":
                self._take_envelope(element)
            else:
                yield element

    def _take_envelope(self, envelope: Element) -> None:
        """Use the Envelope of the model; those of single features serve only as a CRS."""
        holder = envelope.getparent()
        model = holder.getparent() if holder is not None else None
        srs_name = (inherited(envelope, "srsName") or "").strip()
        if model is None or local_name(model) not in ROOTS:
            self.site.srs_name = self.site.srs_name or srs_name
            return
        self.site.srs_name = srs_name
        corners = {local_name(child): child.text or "" for child in envelope}
        try:
            low = numbers(corners.get("lowerCorner", ""))
            high = numbers(corners.get("upperCorner", ""))
        except ValueError:
            return
        declared = inherited(envelope, "srsDimension")
        if len(low) != len(high) or len(low) not in (2, 3):
            self.srs_dimension = int(declared) if declared in ("2", "3") else None
            return
        self.srs_dimension = int(declared) if declared in ("2", "3") else len(low)
        if np.isfinite(low).all() and np.isfinite(high).all():
            pad = (0, 3 - len(low))
            fill = np.nan
            self.site.set_envelope(
                np.pad(low, pad, constant_values=fill), np.pad(high, pad, constant_values=fill)
            )

    def feature_id(self, feature: Element) -> str:
        """gml:id of a feature; a number in the file where it has none.

        Parameters
        ----------
        feature
            A feature.
        """
        found = (attribute(feature, "id") or "").strip()
        if found:
            return found
        self._nameless += 1
        return f"{self.path.stem}:{self._nameless}"

    def walk(self) -> Walk:
        """Return a new gathering of faces."""
        return Walk(self.links, self.semantic_of, self.srs_dimension)

    def fetch_missing(self) -> bool:
        """Read the file again for surfaces that links of one feature seek in another.

        Returns
        -------
        bool
            Whether any was found, so that the features are to be read once more.
        """
        found_any = False
        for _ in range(_ROUNDS):
            wanted = self.links.missing - self.links.foreign.keys()
            if not wanted or not self._fetch(wanted):
                break
            found_any = True
        self.links.missing.clear()
        return found_any

    def _fetch(self, wanted: set[str]) -> bool:
        found = False
        for element in stream(self.path, GEOMETRIES):
            name = attribute(element, "id") if element.attrib else None
            if name is None or name not in wanted or name in self.links.foreign:
                continue
            walk = self.walk()
            self.links.enter(element)
            walk.gather(element)
            self.links.foreign[name] = walk.faces
            found = True
        return found


def no_semantics(element: Element) -> Semantic:
    """Semantics for features whose surfaces have none.

    Parameters
    ----------
    element
        A polygon.
    """
    del element
    return "other"


def read_gml(
    path: Path,
    dataset: Dataset,
    read: Callable[[GmlFile, Ledger], T],
    ledger: Ledger,
    semantic_of: SemanticOf = no_semantics,
) -> T:
    """Read a file; once more where features share surfaces by links.

    Parameters
    ----------
    path
        The file.
    dataset
        Gives the CRS of the city and that of files that name none.
    read
        Reads the features.
    ledger
        Book of the file.
    semantic_of
        Kind of surface a polygon belongs to.

    Raises
    ------
    SourceError
        If the file cannot be used.
    """
    links = Links()
    while True:
        site = FileSite(path.name, dataset.target_crs, dataset.source_crs)
        file = GmlFile(path, site, semantic_of, links)
        own = Ledger()
        result = read(file, own)
        if links.foreign or not file.fetch_missing():
            break
    site.finish(own)
    ledger.absorb(own)
    return result
