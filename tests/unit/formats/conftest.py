"""What several tests of one format share."""

from __future__ import annotations

from functools import partial

import pytest
from cityjson_documents import read_document


@pytest.fixture
def read_cityjson(tmp_path):
    """Reads a CityJSON document and returns the tables by their schema, and the result."""
    return partial(read_document, tmp_path)
