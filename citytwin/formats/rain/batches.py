"""Images of rain of one payload as a batch: how a live twin gets them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from citytwin.errors import SourceError
from citytwin.formats.feed_file import raw_ref
from citytwin.formats.observations import Batch
from citytwin.formats.rain.image import RainImage
from citytwin.formats.rain.lattice import RainParams

USUAL_MIN = 5.0
"""Between images of most radars [min]."""


def image_batch(images: Sequence[RainImage], raw: bytes, file: str, params: RainParams) -> Batch:
    """Return a batch of images, each with the time that it stands for.

    Parameters
    ----------
    images
        Of one payload.
    raw, file
        The payload and its name.
    params
        What images of an instant stand for; five minutes where it says nothing.

    Raises
    ------
    SourceError
        If there are none.
    """
    if not images:
        raise SourceError("holds no image of rain", source=file)
    length_s = round((params.interval_min or USUAL_MIN) * 60)
    framed = [
        replace(image, start_s=image.end_s - length_s) if image.start_s == image.end_s else image
        for image in images
    ]
    return Batch(
        file=file,
        raw_ref=raw_ref(raw),
        places=(),
        readings=(),
        synthetic=any(image.synthetic for image in images),
        images=tuple(sorted(framed, key=lambda image: image.start_s)),
    )
