"""Both ways of reading buildings, and an exact comparison of what they give."""

from __future__ import annotations

from unittest import mock

import numpy as np
import shapely

from citytwin.errors import SourceError
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.citygml import format as citygml
from citytwin.formats.citygml.fast import read_fast
from citytwin.formats.gml.code_lists import CodeLists
from citytwin.model.steps import NoParams
from citytwin.model.tables import BUILDINGS, SURFACES


def both(dataset):
    """Results of both ways: by scanning, and element by element."""
    with mock.patch.object(citygml, "read_fast", return_value=None):
        slow = _result(dataset)
    return _result(dataset), slow


def _result(dataset):
    try:
        return citygml.read(dataset, NoParams())
    except SourceError as error:
        return error


def by_scanning(dataset):
    """Rows in all and rows read element by element; None where the file was declined."""
    found = read_fast(dataset.files[0], dataset, CodeLists(dataset.root), Ledger())
    return None if found is None else (sum(map(len, found.blocks)), len(found.odd))


def assert_same(fast, slow):
    """Both results are the same: refusal, rejects, notes, every value to the bit."""
    if isinstance(slow, SourceError):
        assert str(fast) == str(slow)
        return
    assert fast.rejects == slow.rejects
    assert fast.notes == slow.notes
    for table in (BUILDINGS, SURFACES):
        a, b = fast.tables[table], slow.tables[table]
        assert list(a.columns) == list(b.columns)
        assert len(a) == len(b)
        for name in a.columns:
            if name == "offset":  # a parser gives no positions
                continue
            _assert_same_column(name, a[name], b[name])


def _assert_same_column(name, a, b):
    assert a.dtype == b.dtype, name
    if name == "geometry":
        assert (shapely.to_wkb(a.to_numpy()) == shapely.to_wkb(b.to_numpy())).all()
    elif name in ("xyz", "ring_sizes"):
        pairs = zip(a, b, strict=True)
        assert all(np.asarray(x).tobytes() == np.asarray(y).tobytes() for x, y in pairs), name
    else:
        assert a.equals(b), name
