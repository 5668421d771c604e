"""What the source of a class says beneath each of its attributes."""

from __future__ import annotations

import ast
import inspect
import textwrap
from itertools import pairwise

from pydantic import BaseModel


def remarks_of(model: type[BaseModel]) -> dict[str, str]:
    """Return the docstrings of the attributes of a class, by name.

    pydantic can keep them with each field, but searches them at every import: a tenth of the time
    in which a run begins.

    Parameters
    ----------
    model
        The class; attributes that it inherits count too, and without source there are none.
    """
    found: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        if kind is BaseModel or not issubclass(kind, BaseModel):
            continue
        try:
            source = inspect.getsource(kind)
        except OSError:  # made by a program
            continue
        (tree,) = ast.parse(textwrap.dedent(source)).body
        for node, below in pairwise(getattr(tree, "body", [])):
            if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
                continue
            if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
                found[node.target.id] = inspect.cleandoc(str(below.value.value))
    return found
