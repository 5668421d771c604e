"""The hardened JSON reader of the feeds."""

from __future__ import annotations

import pytest

from citytwin.errors import SourceError
from citytwin.formats.feed_json import parse


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "the file is empty"),
        (b" \n", "the file is empty"),
        (b'{"a": NaN}', "NaN is no JSON number"),
        (b'{"a": -Infinity}', "-Infinity is no JSON number"),
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', "key 'c' is given twice"),
        (b'{"a": 1e999}', "1e999 is too large"),
        (b'{"a": -1.1e30}', "-1.1e30 is too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "has 5000 digits"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a": [1, 2', "line 1, column 12: no JSON"),
        (b'{"a": "\xff"}', "not UTF-8 at byte 7"),
        (b'{"a": 1} x', "Extra data"),
    ],
)
def test_what_is_not_strict_json_is_refused(raw, message):
    """Whatever is wrong, the error names the file and the fault."""
    with pytest.raises(SourceError, match=r"feed\.json: ") as caught:
        parse(raw, "feed.json")
    assert message in str(caught.value)


def test_a_value_of_the_wrong_type_is_named_with_its_path():
    """The message tells the place inside the document and what stands there."""
    root = parse(b'{"a": [{"b": "x"}], "n": 1.5, "t": true}', "f.json")
    with pytest.raises(SourceError, match=r"f\.json: a\[0\]\.b: expected a number, got 'x'"):
        root.member("a").items()[0].member("b").number()
    with pytest.raises(SourceError, match=r"n: expected a whole number, got 1\.5"):
        root.member("n").whole()
    with pytest.raises(SourceError, match="t: expected a number, got True"):
        root.member("t").number()
    with pytest.raises(SourceError, match=r"f\.json: 'z' is missing"):
        root.member("z")
    with pytest.raises(SourceError, match="a: expected an object, got a structure"):
        root.member("a").member("b")


def test_text_that_cannot_be_stored_is_refused():
    """Half a surrogate pair and control characters are no text; full-width space is."""
    root = parse(r'["\ud800", "a\u0000b", "みずほ　市"]'.encode(), "f.json").items()
    for node in root[:2]:
        with pytest.raises(SourceError, match="expected a plain text"):
            node.text()
    assert root[2].text() == "みずほ　市"


def test_a_byte_order_mark_is_no_fault():
    """Files saved by Windows editors are read."""
    assert parse(b'\xef\xbb\xbf{"a": 2}', "f.json").member("a").whole() == 2
