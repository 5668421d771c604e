"""Feeds as a live layer names them: whose data went in, and every payload that did."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from citytwin.live_config import FeedConfig
from citytwin.model.layer import Classification, InputFile, SourceCredit


@dataclass(frozen=True)
class FeedCredits:
    """What a layer says of the feeds that it descends from."""

    sources: tuple[SourceCredit, ...]
    inputs: tuple[InputFile, ...]
    """Raw payloads, as the archive of the city names them."""
    classes: tuple[Classification, ...]

    @property
    def synthetic(self) -> bool:
        """Whether any of it is generated."""
        return any(source.synthetic for source in self.sources)


def credits_of_feeds(
    feeds: Sequence[FeedConfig], payloads: Mapping[str, Sequence[str]], *, synthetic: bool
) -> FeedCredits:
    """Name feeds and payloads, in the order of the configuration.

    Parameters
    ----------
    feeds
        All feeds of the city.
    payloads
        By feed: sha256 of the raw payloads that went in, sorted.
    synthetic
        Whether a thing among them says that its values are generated.
    """
    used = [feed for feed in feeds if feed.name in payloads]
    return FeedCredits(
        sources=tuple(
            SourceCredit(
                title=feed.title,
                sha256=hashlib.sha256("\n".join(payloads[feed.name]).encode()).hexdigest(),
                licence=feed.licence,
                synthetic=feed.synthetic or synthetic,
            )
            for feed in used
        ),
        inputs=tuple(
            InputFile(
                href=f"raw/{sha256}",
                sha256=sha256,
                title=feed.title,
                licence=feed.licence,
                synthetic=feed.synthetic or synthetic,
            )
            for feed in used
            for sha256 in payloads[feed.name]
        ),
        classes=tuple(feed.classification for feed in used),
    )
