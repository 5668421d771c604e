"""Ranges of members: their boundaries, and that together they give what the whole file gives."""

from __future__ import annotations

import gml_documents as gml
import pytest
from gml_documents import X0, Y0, box, building, city_model, lod1, lod2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citytwin.formats.city.block import joined
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.citygml.fast import read_fast
from citytwin.formats.citygml.ranges import member_ranges, open_range
from citytwin.formats.gml.code_lists import CodeLists

BLOCKS = [
    building(lod1(box(X0 + 20 * n, Y0, X0 + 20 * n + 9, Y0 + 6, 112.0, 116.0)), f"b{n}")
    for n in range(6)
]
HIGH = box(X0, Y0 + 50, X0 + 9, Y0 + 55, 112.0, 119.0)
END = b"</core:cityObjectMember>"


def read(path, part=None):
    """What the scanner makes of a file or a range of it: ids of the buildings; None if declined."""
    data = gml.dataset(path.parent, path)
    ledger = Ledger()
    found = read_fast(path, data, CodeLists(path.parent), ledger, part)
    if found is None:
        return None
    return joined(found.blocks).building_id.tolist() if found.blocks else []


def write(root, text):
    """Write a document."""
    return gml.write(root, text)


def test_every_range_holds_whole_members(tmp_path):
    """Ranges follow each other, end behind members, and hold every building once."""
    path = write(tmp_path, city_model(*BLOCKS))
    content = path.read_bytes()
    parts = member_ranges(path, 2500)
    assert len(parts) > 2
    assert content[: parts[0][1]].rindex(b"</gml:boundedBy>") < parts[0][0]
    assert content[parts[0][0] :].startswith(b"<core:cityObjectMember")
    assert [end for _, end in parts[:-1]] == [begin for begin, _ in parts[1:]]
    assert all(content[:end].endswith(END) for _, end in parts)
    assert content[parts[-1][1] :].lstrip().startswith(b"</core:CityModel")
    assert [name for part in parts for name in read(path, part)] == [f"b{n}" for n in range(6)]


def test_a_range_is_a_document(tmp_path):
    """Head of the file, its members, its last tag."""
    path = write(tmp_path, city_model(*BLOCKS))
    content = path.read_bytes()
    begin, end = member_ranges(path, 2500)[1]
    first = content.index(b"<core:cityObjectMember")
    head = content[content.index(b"<core:CityModel") : first]
    with open_range(path, (begin, end))[0] as file:
        assert file.read() == head + content[begin:end] + b"</core:CityModel>"


def test_one_range_where_one_is_enough(tmp_path):
    """A small file."""
    path = write(tmp_path, city_model(*BLOCKS))
    [part] = member_ranges(path, 10**9)
    assert read(path, part) == read(path)


@pytest.mark.parametrize("aside", ["<!-- {} -->", "<![CDATA[ {} ]]>"])
def test_a_boundary_that_only_seems_one_shows(tmp_path, aside):
    """The end of a member inside a comment: the range that it cuts is declined."""
    trap = aside.format("x" * 9000 + END.decode() + "<core:cityObjectMember>" + "x" * 9000)
    members = [*BLOCKS[:2], building(trap + lod1(HIGH), "t"), *BLOCKS[2:]]
    path = write(tmp_path, city_model(*members))
    trap_at = path.read_bytes().index(b"xxx")
    parts = member_ranges(path, trap_at)
    assert any(read(path, part) is None for part in parts)
    assert read(path) is not None


def test_a_comment_around_the_first_member_is_no_head(tmp_path):
    """The head must close what it opens, or ranges behind the first could lose members."""
    text = city_model(*BLOCKS)
    hidden = text.replace("<gml:boundedBy>", "<!-- <core:cityObjectMember> --><gml:boundedBy>", 1)
    assert member_ranges(write(tmp_path, hidden), 2500) is None


def test_links_between_ranges_are_declined(tmp_path):
    """A surface of a building in another range."""
    borrowed = lod2(HIGH, "y").replace("#y2", "#c2", 1)
    members = [building(lod2(HIGH, "c"), "c"), *BLOCKS, building(borrowed, "y")]
    path = write(tmp_path, city_model(*members))
    parts = member_ranges(path, 4000)
    assert read(path, parts[0]) is not None
    assert read(path, parts[-1]) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.replace("</core:CityModel>", ""),
        lambda t: t + "<x/>",
        lambda t: t.replace("cityObjectMember", "featureMembers"),
        lambda t: t[: t.index("<gml:boundedBy>")] + t[t.index("</gml:boundedBy>") + 16 :],
        lambda t: t.replace("<core:CityModel ", '<core:CityModel srsDimension="3" ', 1),
        lambda t: "",
        lambda t: '<!DOCTYPE x [<!ENTITY a "b">]>' + t,
        lambda t: t.replace('"UTF-8"', '"UTF-16"', 1).encode("utf-16"),
        lambda t: t.replace('"UTF-8"', '"Shift_JIS"', 1),
    ],
)
def test_not_owned(tmp_path, change):
    """Damaged, unusual, or without a CRS that holds for all members."""
    assert member_ranges(write(tmp_path, change(city_model(*BLOCKS))), 2500) is None


TRAPS = [
    "</core:cityObjectMember>", "<core:cityObjectMember>", "<!--", "-->", "<![CDATA[", "]]>", "<?x", "?>",
    "</core:CityModel>", "</core:cityObjectMember><core:cityObjectMember>", "x" * 700,
]  # fmt: skip


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from(TRAPS)), max_size=5),
    st.integers(400, 9000),
)
def test_ranges_never_give_something_else(tmp_path, traps, range_bytes):
    """Whatever stands in the file: if all ranges are owned, they hold what the whole file holds."""
    text = city_model(*BLOCKS)
    for place, trap in traps:
        # Mostly between tags, where damage is least likely to show.
        at = text.find(">", round(place * (len(text) - 1))) + 1 or len(text)
        text = text[:at] + trap + text[at:]
    path = write(tmp_path, text)
    parts = member_ranges(path, range_bytes)
    found = [read(path, part) for part in parts or []]
    if parts and None not in found:
        assert [name for names in found for name in names] == read(path)


def test_what_is_no_plain_file(tmp_path):
    """A folder, and nothing at all."""
    assert member_ranges(tmp_path, 2500) is None
    assert member_ranges(tmp_path / "none.gml", 2500) is None
