"""The names that attributes of buildings are told by: generic ones, columns, texts, lists.

Shared by the kernel and the element-wise reader, so that both follow one list (names of CityGML
2.0 and 3.0, Kolbe et al., 2012 and 2021, and of i-UR 1.4 to 4.0).
"""

from __future__ import annotations

import numpy as np

from citytwin.kernels import gml_names as names

GENERIC_TEXTS = (
    "stringAttribute", "dateAttribute", "uriAttribute",
    "StringAttribute", "DateAttribute", "UriAttribute",
)  # fmt: skip
GENERIC_VALUES = (
    "intAttribute", "doubleAttribute", "measureAttribute",
    "IntAttribute", "DoubleAttribute", "MeasureAttribute", "CodeAttribute",
)  # fmt: skip
GENERIC_SETS = ("genericAttributeSet", "GenericAttributeSet")
GENERIC_PROPERTY = "genericAttribute"
IN_COLUMNS = ("measuredHeight", "storeysAboveGround", "usage")
"""Children of a building of which the first has a column of its own."""
ALWAYS_TEXT = ("class", "function", "roofType", "name", "description", "stringValue", "usage")
"""Leaves that are texts even where they look like numbers; so are those whose names end in ID."""
REPEATABLE_END, REPEATABLE_BEGIN = "RiskAttribute", "KeyValuePair"
"""Types of i-UR that a building has any number of: always lists."""
HOOK = "adeOf"
"""Begin of the names of properties through which CityGML 3.0 holds an extension."""
DEEPEST = 24
"""Elements nested deeper in a building are not looked into."""

WORDS = (
    "", *GENERIC_TEXTS, *GENERIC_VALUES, *GENERIC_SETS, GENERIC_PROPERTY, "value", *IN_COLUMNS,
    *(word for word in ALWAYS_TEXT if word not in IN_COLUMNS),
)  # fmt: skip
VOCABULARY = names.vocabulary(WORDS, 128)
VALUES_FROM = WORDS.index(GENERIC_VALUES[0])
SETS_FROM = WORDS.index(GENERIC_SETS[0])
PROPERTY = WORDS.index(GENERIC_PROPERTY)
VALUE, NAME = WORDS.index("value"), WORDS.index("name")
COLUMNS_FROM, COLUMNS_TO = WORDS.index(IN_COLUMNS[0]), WORDS.index(IN_COLUMNS[-1])
USAGE, TEXTS_FROM, WORD_COUNT = COLUMNS_TO, COLUMNS_TO + 1, len(WORDS)
HOOK_BYTES = np.frombuffer(HOOK.encode(), dtype=np.uint8).copy()
