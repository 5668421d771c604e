"""Names in quotes are found wherever they stand, and nothing else is taken for one."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from citytwin.kernels.quoted_names import FREE, enter_name, may_hold_name

LETTERS = st.binary(max_size=4).map(lambda raw: bytes(b"ab'\""[c % 4] for c in raw))
NAMES = st.lists(st.text("ab", max_size=3).map(str.encode), min_size=1, max_size=5)


def held(content, names):
    """Whether the kernel meets any of the names."""
    slots = np.full(32, FREE, dtype=np.int64)
    for name in names:
        enter_name(np.frombuffer(name, dtype=np.uint8), slots)
    longest = max(map(len, names))
    return may_hold_name(np.frombuffer(content, dtype=np.uint8), slots, longest)


@settings(deadline=None, max_examples=500)
@given(st.lists(LETTERS, max_size=6).map(b"".join), NAMES)
def test_as_a_search_for_each(content, names):
    """Python's own search for every name in either quotes."""
    expected = any(q + name + q in content for name in names for q in (b"'", b'"'))
    assert held(content, names) == expected


def test_ids():
    """Attributes, apostrophes in texts, the end of the bytes."""
    ids = [b"ID_1", b"f3a7"]
    assert held(b'<a gml:id="f3a7">d\'Arc</a>', ids)
    assert held(b"<b>d'Arc</b><a gml:id='ID_1'/>", ids)
    assert not held(b'<a gml:id="ID_11" href="#ID_1">ID_1 "f3a7', ids)
    assert not held(b"", ids)
