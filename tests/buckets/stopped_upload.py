"""Uploads a city, in a process of its own that a test kills. Usage: FOLDER PORT AUTHORITY PREFIX."""

from __future__ import annotations

import sys
from pathlib import Path

from citytwin.store.pinned_city import pinned_city
from citytwin.store.upload import upload
from citytwin.transports.bucket_address import BucketFolder
from citytwin.transports.buckets import Bucket

if __name__ == "__main__":
    folder, port, authority, prefix = sys.argv[1:]
    place = BucketFolder("maps", prefix, f"https://127.0.0.1:{port}", "us-east-1", Path(authority))
    with pinned_city(Path(folder) / "city", Path(folder) / "pinned") as city:
        upload(city, Bucket(place), Path(folder) / "record", None)
