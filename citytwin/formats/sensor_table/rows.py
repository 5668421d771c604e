"""CSV and JSON -> rows of cells, each of which knows where it stands."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from citytwin.errors import SourceError
from citytwin.formats.feed_json import Json, Node, parse
from citytwin.formats.observations import reject_of
from citytwin.formats.sensor_table.mapping import Layout, SensorTableParams
from citytwin.model.notes import Reject

Cell = str | float | None


@dataclass(frozen=True)
class Row:
    """One row of a table."""

    cells: Mapping[str, Cell]
    source: str
    record: str

    def error(self, message: str, *, hint: str = "") -> SourceError:
        """Return an error that names the file and the row."""
        return SourceError(message, source=self.source, record=self.record, hint=hint)

    def text(self, column: str) -> str:
        """Return a cell as text without surrounding space; empty for nothing."""
        value = self.cells.get(column)
        if isinstance(value, float):
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        return "" if value is None else value.strip()


def rows_of(
    raw: bytes, file: str, params: SensorTableParams, layout: Layout, wanted: frozenset[str]
) -> tuple[list[Row], list[Reject]]:
    """Read a table.

    Parameters
    ----------
    raw
        The file.
    file
        Its name, for messages.
    params
        The mapping.
    layout
        How the file is written.
    wanted
        Columns that are read.

    Returns
    -------
    tuple
        Rows, and those that are broken.

    Raises
    ------
    SourceError
        If it is no such table, or lacks columns.
    """
    rejects: list[Reject] = []
    if layout == "csv":
        found = list(_csv(raw, file, params, wanted, rejects))
    elif layout == "json":
        found = list(_json(_records(parse(raw, file), params.records), wanted, rejects))
    else:
        found = list(_json(_lines(raw, file, rejects), wanted, rejects))
    return found, rejects


def _csv(
    raw: bytes, file: str, params: SensorTableParams, wanted: frozenset[str], rejects: list[Reject]
) -> Iterator[Row]:
    codec = "utf-8-sig" if params.encoding == "utf-8" else params.encoding
    try:
        lines = io.StringIO(raw.decode(codec), newline="")
    except UnicodeDecodeError as error:
        message = f"not {params.encoding} at byte {error.start}"
        raise SourceError(message, source=file, hint="say its `encoding`") from error
    for _ in range(params.skip_lines):
        lines.readline()
    reader = csv.reader(lines, delimiter=params.delimiter, strict=True)
    try:
        names = list(params.columns) or [name.strip() for name in next(reader, [])]
        _check_names(names, wanted, file)
        for cells in reader:
            record = f"line {reader.line_num + params.skip_lines}"
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(names):
                message = f"{len(cells)} cells for {len(names)} columns"
                rejects.append(Reject(source=file, record=record, code="row", message=message))
                continue
            kept = {n: c for n, c in zip(names, cells, strict=True) if n in wanted}
            yield Row(kept, file, record)
    except csv.Error as error:
        record = f"line {reader.line_num + params.skip_lines}"
        raise SourceError(f"no CSV: {error}", source=file, record=record) from error


def _check_names(names: list[str], wanted: frozenset[str], file: str) -> None:
    lacking = sorted(wanted - set(names))
    if lacking:
        shown = ", ".join(ascii(name)[:40] for name in names[:20])
        message = f"columns {', '.join(lacking)} are missing among {shown or 'none'}"
        raise SourceError(message, source=file)
    twice = [name for name, count in Counter(names).items() if count > 1 and name in wanted]
    if twice:
        raise SourceError(f"column {twice[0]!r} is there twice", source=file)


def _records(document: Node, path: str) -> list[Node]:
    here = document
    for name in filter(None, path.split(".")):
        here = here.member(name)
    return here.items() if isinstance(here.value, list) else [here]


def _lines(raw: bytes, file: str, rejects: list[Reject]) -> Iterator[Node]:
    """Rows of JSON Lines; a broken line is lost alone."""
    for number, line in enumerate(raw.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if line.strip():
            try:
                yield Node(parse(line, file).value, file, f"line {number}")
            except SourceError as error:
                record = f"line {number}"
                rejects.append(
                    Reject(source=file, record=record, code="row", message=error.message)
                )


def _json(
    nodes: Iterator[Node] | list[Node], wanted: frozenset[str], rejects: list[Reject]
) -> Iterator[Row]:
    for node in nodes:
        try:
            cells = {name: _cell(node, name) for name in sorted(wanted)}
        except SourceError as error:
            rejects.append(reject_of(error, "row"))
            continue
        yield Row(cells, node.source, node.path or "the document")


def _cell(node: Node, name: str) -> Cell:
    """Value under a name, or under a path such as ``data.temp``; absent is empty."""
    here: Node | None = node.find(name)
    if here is None and "." in name:
        here = node
        for part in name.split("."):
            here = here.find(part) if here is not None else None
    value: Json = None if here is None else here.value
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool | dict | list):
        raise node.error(f"{name!r} is no text or number: {json.dumps(value)[:40]}")
    return float(value)
