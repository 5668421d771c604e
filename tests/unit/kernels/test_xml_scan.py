"""The structural scan: what it owns it reads as lxml does, what it does not own it declines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from citytwin.kernels import gml_names as names
from citytwin.kernels import xml_scan as xs

DECLARED = 'xmlns:g="urn:g" xmlns:core="urn:c" xmlns:xlink="urn:x"'
PREFIXES = np.array(
    [
        [int.from_bytes(p, "big"), f]
        for p, f in ((b"g", 0), (b"core", xs.CITYGML), (b"xlink", 0), (b"", 0))
    ],
    dtype=np.int64,
)


def scanned(content, rows=64, marks=64):
    """Result and tables of the scan of a root's content, the same whatever stands behind its end."""
    alone = scanned_bytes(content, rows, marks)
    if alone[0].code == xs.END:
        followed = scanned_bytes(content + b" " * 200, rows, marks)
        assert followed[0] == alone[0]
        assert (followed[1] == alone[1]).all()
        assert (followed[2] == alone[2]).all()
    return alone


def scanned_bytes(content, rows, marks):
    """Result and tables of one scan; blocks of bytes are looked at where so many follow."""
    data = np.frombuffer(content, dtype=np.uint8)
    table, found = np.zeros((rows, 8), np.int32), np.zeros((marks, 4), np.int32)
    done = xs.scan(data, 0, PREFIXES, table, found)
    return done, table[: done.rows], found[: done.marks]


def owned(body):
    """Whether the scan owns the content of a root, given without its end tag."""
    done = scanned(body + b"</r>")[0]
    return done.code == xs.END and done.position == len(body)


def sound(body):
    """Whether lxml takes the same document."""
    try:
        etree.fromstring(f"<r {DECLARED}>".encode() + body + b"</r>")
    except etree.XMLSyntaxError:
        return False
    return True


OWNED = {
    "nothing": b"",
    "text": "文字 &amp; &#x20; &#65; >".encode(),
    "empty tag": b"<g:a/>",
    "nested": b"<g:a><core:b >x</core:b\n></g:a >",
    "attributes": b"""<a x="1" y='"2"' z = "&lt;"/>""",
    "comment": b"<!-- <a> & -->",
    "cdata": b"<a><![CDATA[<b> & ]] ]]]></a>",
    "instruction": b"<?php <a> ?><?x?>",
    "two of a name": b"<a/><a/>",
    "dots and dashes": b"<a-b.c_1/>",
}
DAMAGED = {
    "other end": b"<a></b>",
    "longer end": b"<a></ab>",
    "shorter end": b"<ab></a>",
    "crossing": b"<a><b></a></b>",
    "never ended": b"<a>",
    "too many ends": b"</a>",
    "less in value": b'<a x="<"/>',
    "no quotes": b"<a x=1/>",
    "no value": b"<a x/>",
    "no space between": b"""<a x="1"y="2"/>""",
    "twice": b"""<a x="1" x="2"/>""",
    "unknown entity": b"&nbsp;",
    "lone ampersand": b"a & b",
    "open entity": b"&amp",
    "bad number": b"&#0;",
    "bad hex": b"&#xD800;",
    "cdata end": b"]]>",
    "double dash": b"<!-- a -- b -->",
    "open comment": b"<!-- a ->",
    "open cdata": b"<![CDATA[ ]>",
    "declaration inside": b"<?xml version='1.0'?>",
    "doctype inside": b"<!DOCTYPE r>",
    "control character": b"\x01",
    "null": b"\x00",
    "undeclared prefix": b"<h:a/>",
    "undeclared attribute prefix": b'<a h:x="1"/>',
    "two colons": b"<g:a:b/>",
    "empty prefix": b"<:a/>",
    "digit first": b"<1a/>",
    "space first": b"< a/>",
    "slash inside": b"<a / >",
    "not utf-8": b"\xff",
    "overlong": b"\xc0\x80",
    "surrogate": b"\xed\xa0\x80",
    "cut character": b"<a>\xe6\x96</a>",
    "non-character": b"\xef\xbf\xbf",
    "beyond unicode": b"\xf4\x90\x80\x80",
}
DECLINED = {
    "redeclared prefix": b'<a xmlns:g="urn:other"/>',
    "default namespace": b'<a xmlns="urn:other"/>',
    "name in japanese": "<建物/>".encode(),
    "same local attribute": b'<a g:x="1" x="2"/>',
    "deep": b"<a>" * 220 + b"</a>" * 220,
}


@pytest.mark.parametrize("case", OWNED)
def test_plain_documents_are_owned(case):
    """What is plain and sound is read."""
    assert sound(OWNED[case])
    assert owned(OWNED[case])


@pytest.mark.parametrize("case", DAMAGED)
def test_damaged_documents_are_declined(case):
    """What lxml refuses, the scan declines."""
    assert not sound(DAMAGED[case])
    assert not owned(DAMAGED[case])


@pytest.mark.parametrize("case", DECLINED)
def test_unusual_documents_are_declined(case):
    """What the scan does not own, lxml may still read."""
    assert sound(DECLINED[case])
    assert not owned(DECLINED[case])


PIECES = st.sampled_from(
    [
        b"<a>",
        b"</a>",
        b"<g:b x='1'>",
        b"</g:b>",
        b"<pos>",
        b"</pos>",
        b"<c/>",
        b"x",
        b" ",
        b"&",
        b";",
    ]
    + [b"amp;", b"<", b">", b"/", b"'", b'"', b"=", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?x"]
    + [b"?>", b"-", b"\xe3\x81\x82", b"\xe3", b"\n", b"#x41;", b"y='", b"g:", b":"]
)


@settings(deadline=None)
@given(st.lists(PIECES, max_size=14).map(b"".join))
def test_never_owns_what_lxml_refuses(body):
    """Random pieces of markup: owning implies soundness."""
    if owned(body):
        assert sound(body)


def test_table_of_elements():
    """Names, parents, ranges, flags and attributes of a small tree, with an unknown between."""
    body = (
        b'<core:Building g:id="b&amp;1"><x><g:pos>1 2</g:pos></x>'
        b'<g:surfaceMember xlink:href="#p"/><usage codeSpace="u">4<!-- -->2</usage></core:Building>'
        b"</r>"
    )
    done, table, marks = scanned(body)
    assert (done.code, done.position) == (xs.END, len(body) - 4)
    assert [names.NAMES[n] for n in table[:, xs.NAME]] == [
        "Building", "pos", "surfaceMember", "usage",
    ]  # fmt: skip
    assert table[:, xs.PARENT].tolist() == [-1, 0, 0, 0]
    assert table[:, xs.LAST].tolist() == [4, 2, 3, 4]
    direct = (table[:, xs.FLAGS] & xs.DIRECT) != 0
    assert direct.tolist() == [True, False, True, True]
    assert table[0, xs.FLAGS] & xs.CITYGML
    assert table[0, xs.FLAGS] & xs.COMPLEX
    assert table[2, xs.FLAGS] & xs.SELF_CLOSED
    assert table[3, xs.FLAGS] & xs.MIXED
    assert body[table[1, xs.TEXT] : table[1, xs.CLOSE]] == b"1 2"
    values = [(row, names.ATTRIBUTES[kind], body[a:b]) for row, kind, a, b in marks.tolist()]
    assert values == [(0, "id", b"b&amp;1"), (2, "href", b"#p"), (3, "codeSpace", b"u")]


def test_unknown_elements_with_a_crs_are_listed():
    """A CRS on an element of any name holds for what is in it, so it is told."""
    done, table, marks = scanned(b'<x srsName="a"><pos/></x><y/></r>')
    assert done.rows == 2
    assert table[:, xs.NAME].tolist()[0] == 0
    assert names.ATTRIBUTES[marks[0, xs.MARK_KIND]] == "srsName"


@pytest.mark.parametrize(
    ("body", "whole"),
    [
        (b"<a>12345</a> <b/> <pos>1</po", b"<a>12345</a> <b/>"),
        (b"<a>12345</a> <b/> <pos>1</pos>", b"<a>12345</a> <b/> <pos>1</pos>"),
        (b"<pos/><a>1 &amp", b"<pos/>"),
        (b"<pos/><!-- </a>", b"<pos/>"),
        (b"<pos/><a x='1' x='1'/></r>", b"<pos/>"),
        (b"<a><pos/>", b""),
    ],
)
def test_whole_children_are_told(body, whole):
    """Where the bytes end early, or are not owned, what stands before them can be used."""
    done, table, _ = scanned(body)
    assert (done.code, body[: done.whole]) == (xs.DECLINED, whole)
    assert len(table) == whole.count(b"<pos")


def test_full_tables_are_told():
    """No write behind the end of a table: the scan says that it needs a larger one."""
    assert scanned(b"<pos/><pos/></r>", rows=1)[0].code == xs.FULL
    assert scanned(b'<pos id="1"/><pos id="2"/></r>', marks=1)[0].code == xs.FULL


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_end(body):
    """Any bytes give a verdict, within the bytes."""
    done, _, _ = scanned(body)
    assert 0 <= done.position <= len(body)
