"""What a simulation takes and gives, in words: rasters, records, parameters."""

from __future__ import annotations

import types
from collections.abc import Iterator
from datetime import time
from enum import Enum
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import AwareDatetime
from pydantic.fields import FieldInfo

from citytwin.cli.bare_tables import READ_FROM_FILES
from citytwin.cli.remarks import remarks_of
from citytwin.engine.bare import named
from citytwin.model.fields import Field
from citytwin.model.steps import Params, StepInput
from citytwin.model.tables import Table


def description(name: str) -> str:
    """Describe a simulation.

    Parameters
    ----------
    name
        Such as ``flood``.

    Raises
    ------
    ConfigError
        If there is no simulation of that name.
    """
    step = named(name)
    lines = [f"{step.name}: {step.title.en}", "", "rasters and records:"]
    lines += [_resource(resource, "needed") for resource in step.inputs]
    lines += [_resource(resource, "optional") for resource in step.optional]
    lines += ["", "results:"]
    lines += [f"  {field.name} [{field.unit}]  {field.title.en}" for field in step.outputs]
    lines += ["", "parameters (YAML, one key each):", *_parameters(step.params, 2)]
    return "\n".join(lines)


def _resource(resource: StepInput, need: str) -> str:
    if isinstance(resource, Table) and resource not in READ_FROM_FILES:
        return f"  table {resource.name} ({need}; from the sources of a city)"
    if isinstance(resource, Table):
        return f"  --{resource.name.replace('_', '-')} FILE_OR_FOLDER ({need})"
    if isinstance(resource, Field):
        flag = f"--{resource.name.replace('_', '-')} FILE"
        return f"  {flag} [{resource.unit}]  {resource.title.en} ({need})"
    return f"  record of {resource.name} [{resource.unit}] ({need}; from the feeds of a city)"


def _parameters(model: type[Params], indent: int) -> Iterator[str]:
    pad = " " * indent
    remarks = remarks_of(model)
    for name, info in model.model_fields.items():
        said = " ".join(remarks.get(name, "").replace("``", "").split())
        yield f"{pad}{name}: {_kind(info.annotation)}{_default(info)}{_range(info)}"
        if said:
            yield f"{pad}    {said}"
        for number, inner in enumerate(_inner(info.annotation)):
            if number:
                yield f"{pad}    or"
            yield from _parameters(inner, indent + 6)


def _kind(annotation: Any) -> str:
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        kinds = [_kind(a) for a in get_args(annotation) if a is not types.NoneType]
        return " or ".join(dict.fromkeys(kinds))
    if origin is Annotated:
        return _kind(get_args(annotation)[0])
    if origin is tuple:
        return f"list of {_kind(get_args(annotation)[0])}"
    if origin is not None:
        return " or ".join(str(choice) for choice in get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Params):
        return "mapping"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return " or ".join(str(choice.value) for choice in annotation)
    if annotation is AwareDatetime:
        return "time with its zone, such as 2026-06-30T18:30:00+09:00"
    if annotation is time:
        return "time of the clock, such as 08:00"
    return str(getattr(annotation, "__name__", annotation))


def _inner(annotation: Any) -> tuple[type[Params], ...]:
    """Models of the entries of a list, or of what may be given in the place of each other."""
    if isinstance(annotation, type) and issubclass(annotation, Params):
        return (annotation,)
    return tuple(model for argument in get_args(annotation) for model in _inner(argument))


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return " (required)"
    default = info.default.value if isinstance(info.default, Enum) else info.default
    if isinstance(default, Params):
        return ""  # each of its keys has a default
    return "" if default in (None, ()) else f" = {default}"


def _range(info: FieldInfo) -> str:
    signs = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
    bounds = [
        f"{sign} {getattr(bound, key):g}"
        for bound in info.metadata
        for key, sign in signs.items()
        if getattr(bound, key, None) is not None
    ]
    return f"  [{', '.join(bounds)}]" if bounds else ""
