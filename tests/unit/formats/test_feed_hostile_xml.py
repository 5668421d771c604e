"""Whatever XML a feed sends, only errors of citytwin come out, and nothing else is opened."""

from __future__ import annotations

import pyarrow as pa
import pytest
from cap_messages import alert, info
from datex2_documents import meaning, measured, site, situation, value, version_2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jma_reports import headline, item, kind, report
from malformed_guard import guarded

from citytwin.errors import CityTwinError
from citytwin.formats.alert_tables import alert_table
from citytwin.formats.cap import decode_cap
from citytwin.formats.datex2.format import decode_datex2
from citytwin.formats.datex2.measured import Datex2Params
from citytwin.formats.jma_warnings import JmaWarningParams, decode_jma_warnings
from citytwin.formats.observation_tables import assemble
from citytwin.model.steps import Dataset
from citytwin.model.tables import ALERTS, OBSERVATIONS, THINGS
from citytwin.store.tables import conform

LINE = (
    '<sit:locationReference><loc:gmlLineString srsName="WGS 84"><loc:posList>52.6 6.2 52.7 6.3'
    "</loc:posList></loc:gmlLineString></sit:locationReference>"
)
DATEX2 = version_2(
    f'<measurementSiteTable id="T">{site("A", 52.0, 4.7, meaning(1) + meaning(2))}'
    "</measurementSiteTable>"
    + measured("A", value(1, "TrafficFlow", 780), value(2, "TrafficSpeed", "-1.0")),
    "MeasuredDataPublication",
)
CAP = alert(
    info("<polygon>35.0,139.0 35.0,139.1 35.1,139.1 35.0,139.0</polygon><circle>35,139 9</circle>")
)
JMA = report(
    item(kind("レベル３大雨警報"), kind("雷注意報", "14")),
    head=headline("大雨警報", "03", ("中央区", "1310200")),
)
DOCUMENTS = {
    "datex2": (DATEX2, lambda raw: decode_datex2(raw, "f.xml", {}, Datex2Params())),
    "datex2 situations": (
        situation(location=LINE),
        lambda raw: decode_datex2(raw, "f.xml", {}, Datex2Params()),
    ),
    "cap": (CAP, lambda raw: decode_cap(raw, "f.cap")),
    "jma": (JMA, lambda raw: decode_jma_warnings(raw, "f.xml", JmaWarningParams())),
}
ODD = [b"", b"NaN", b"1e400", b"-1", b"9" * 400, b"2026-02-30T25:61", b"\x00", b"\xff", b"&#0;",
       b"&lt;x&gt;", b"<a/>", b"<!-- -->", b"../../etc/passwd", b"http://localhost/x", b"0 0",
       "\U0001f30a".encode(), b"x" * 5000]  # fmt: skip
CHECKED = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def must_hold(decode, raw, folder):
    """Either an error of citytwin, or tables that can be checked and written."""
    source = Dataset("s", folder, (), "EPSG:3857", "UTC")
    try:
        with guarded(folder):
            batch = decode(raw)
            decoded = assemble(source, [batch], source_crs="EPSG:4326")
            alerts, lost = alert_table(source, [batch])
    except CityTwinError as error:
        str(error).encode()
        return None
    for table, made in {**decoded.tables, ALERTS: alerts}.items():
        assert table in (THINGS, OBSERVATIONS, ALERTS)
        frame = conform(table, made, "EPSG:3857")
        plain = frame.drop(columns="geometry", errors="ignore")
        assert pa.Table.from_pandas(plain, preserve_index=False).num_rows == len(frame)
    for reject in (*decoded.rejects, *lost):
        reject.model_dump_json().encode()
    return batch


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_documents_are_good_before_they_are_spoilt(name, tmp_path):
    """Else the tests below would test nothing."""
    document, decode = DOCUMENTS[name]
    batch = must_hold(decode, document, tmp_path)
    assert batch is not None
    assert batch.rejects == ()
    assert batch.readings or batch.alerts


@pytest.mark.parametrize("name", DOCUMENTS)
@CHECKED
@given(data=st.data())
def test_a_document_cut_or_overwritten(name, data, tmp_path_factory):
    """A stretch of its bytes replaced by others."""
    document, decode = DOCUMENTS[name]
    start = data.draw(st.integers(0, len(document)))
    end = data.draw(st.integers(start, min(len(document), start + 200)))
    new = data.draw(st.binary(max_size=8) | st.sampled_from(ODD))
    must_hold(decode, document[:start] + new + document[end:], tmp_path_factory.getbasetemp())


@pytest.mark.parametrize("name", DOCUMENTS)
@CHECKED
@given(data=st.data())
def test_a_document_with_one_odd_text(name, data, tmp_path_factory):
    """The text of an element or an attribute replaced, so that the document stays well-formed."""
    document, decode = DOCUMENTS[name]
    pieces = document.replace(b">", b"\x01>\x01").replace(b'"', b'\x01"\x01').split(b"\x01")
    texts = [
        row
        for row in range(1, len(pieces) - 1)
        if pieces[row - 1] in (b">", b'"') and b"<" not in pieces[row]
    ] or [0]
    row = data.draw(st.sampled_from(texts))
    pieces[row] = data.draw(st.sampled_from(ODD))
    must_hold(decode, b"".join(pieces), tmp_path_factory.getbasetemp())


BOMBS = {
    "entities": b'<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;&b;&b;">]>',
    "external entity": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>',
    "external subset": b'<!DOCTYPE a SYSTEM "http://localhost:9/x.dtd">',
    "parameter entity": b'<!DOCTYPE a [<!ENTITY % b SYSTEM "http://localhost:9/x"> %b;]>',
}


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("kind", BOMBS)
def test_a_document_type_is_refused(name, kind, tmp_path):
    """No entity is expanded, no address opened."""
    document, decode = DOCUMENTS[name]
    head, mark, rest = document.partition(b"?>")
    assert must_hold(decode, head + mark + BOMBS[kind] + rest, tmp_path) is None


@pytest.mark.parametrize("name", DOCUMENTS)
def test_nesting_without_end_is_refused(name, tmp_path):
    """100,000 levels."""
    _, decode = DOCUMENTS[name]
    assert must_hold(decode, b"<a>" * 100_000, tmp_path) is None
