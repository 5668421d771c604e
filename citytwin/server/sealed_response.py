"""Answers with the content of a sealed file, whole or a range; only the chunks asked for are opened."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from citytwin.store.at_rest import open_file, size_of
from citytwin.viewer.byte_range import ByteRange, RangeNotSatisfiableError, parse_range

_AT_ONCE = 1 << 18


def sealed_response(
    path: Path, request: Request, media_type: str, headers: Mapping[str, str]
) -> Response:
    """Return the content of a sealed file, or the range of it that a request asks for.

    Parameters
    ----------
    path
        The file.
    request
        Its header may ask for a range.
    media_type, headers
        Of the answer.
    """
    size = size_of(path)
    said = {**headers, "Accept-Ranges": "bytes"}
    try:
        part = parse_range(request.headers.get("Range"), size) if request.method == "GET" else None
    except RangeNotSatisfiableError:
        return Response(status_code=416, headers={**said, "Content-Range": f"bytes */{size}"})
    wanted = part or ByteRange(0, size - 1)
    said["Content-Length"] = str(wanted.length)
    if part is not None:
        said["Content-Range"] = f"bytes {part.first}-{part.last}/{size}"
    status = 200 if part is None else 206
    if request.method == "HEAD":
        return Response(status_code=status, headers=said, media_type=media_type)
    return StreamingResponse(_pieces(path, wanted), status, said, media_type)


def _pieces(path: Path, wanted: ByteRange) -> Iterator[bytes]:
    with open_file(path) as file:
        file.seek(wanted.first, os.SEEK_SET)
        left = wanted.length
        while left > 0 and (piece := file.read(min(left, _AT_ONCE))):
            left -= len(piece)
            yield piece
