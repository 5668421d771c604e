"""Every step declares what it is, in both languages, with parameters that name their units."""

from __future__ import annotations

import re
import typing
from collections import Counter
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from citytwin import registry
from citytwin.cli.remarks import remarks_of
from citytwin.model import fields as f
from citytwin.model import properties as p
from citytwin.model import tables as t
from citytwin.model.fields import Field
from citytwin.model.properties import ObservedProperty
from citytwin.model.raster import RasterRole
from citytwin.model.steps import (
    Assessment,
    Format,
    Gridder,
    LayerRecipe,
    Params,
    Simulation,
    Step,
)
from citytwin.model.tables import Table
from tests.contracts.inputs import PARAMETERS, label, name_of, steps_of, with_params

STEPS = steps_of(Format, Gridder, Simulation, Assessment, LayerRecipe)
RUNNING = steps_of(Gridder, Simulation, Assessment)
PARAMETRIC = steps_of(Format, Gridder, Simulation, Assessment)

JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
UNIT_IN_NAME = re.compile(
    r"(^|_)(m|km|m2|m3_s|s|h|min|minutes|hours|deg|rad|m_s|km_h|mm_per_h|per_h|share|ratio|levels)$"
)
UNIT_IN_TEXT = re.compile(r"\[[^\]]+\]|\b(share|ratio|ratios)\b", re.IGNORECASE)


def made_by(step: Step) -> tuple[Any, ...]:
    """What a step makes."""
    if isinstance(step, Assessment):
        return (step.output,)
    return step.outputs if isinstance(step, Gridder | Simulation) else ()


@pytest.mark.parametrize("step", STEPS, ids=label)
def test_titles_in_both_languages(step: Step) -> None:
    """A title in Japanese that is Japanese, and one in English that is not."""
    assert JAPANESE.search(step.title.ja), step.title
    assert step.title.en.strip(), step.title
    assert not JAPANESE.search(step.title.en), step.title


@pytest.mark.parametrize("step", STEPS, ids=label)
def test_names_and_modules(step: Step) -> None:
    """Names are plain, and the module holds this one declaration of its kind."""
    assert re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name_of(step))
    module = registry.module_of(step)
    own = [found for found, place in registry.steps() if place == module]
    assert own == [step], f"{module} declares {len(own)} steps"


def test_names_are_unique_over_all_kinds() -> None:
    """Within a kind names differ; every output has one maker; layers have places of their own."""
    for kind in (Format, Gridder, Simulation, Assessment, LayerRecipe):
        assert max(Counter(name_of(s) for s in steps_of(kind)).values()) == 1
    makers = Counter(made for step in RUNNING for made in made_by(step))
    assert [made.name for made, number in makers.items() if number > 1] == []
    orders = Counter(step.order for step in steps_of(LayerRecipe))
    assert [order for order, number in orders.items() if number > 1] == []


@pytest.mark.parametrize("step", RUNNING, ids=label)
def test_inputs_and_outputs_are_known_quantities(step: Any) -> None:
    """Fields, tables and properties come from the model, and inputs come from somewhere."""
    declared = (*step.inputs, *step.optional, *made_by(step))
    for resource in declared:
        if isinstance(resource, Field):
            assert resource in f.ALL, resource.name
        elif isinstance(resource, Table):
            assert resource in t.ALL, resource.name
        elif isinstance(resource, ObservedProperty):
            assert resource in p.ALL, resource.name
    assert len(set(declared)) == len(declared), "named twice"
    assert made_by(step)
    sources = {r for form in steps_of(Format) for r in form.produces}
    sources |= {r for other in RUNNING if other is not step for r in made_by(other)}
    orphans = [r for r in (*step.inputs, *step.optional)
               if not isinstance(r, ObservedProperty) and r not in sources]  # fmt: skip
    assert orphans == []


@pytest.mark.parametrize("step", RUNNING, ids=label)
def test_costs_are_positive(step: Any) -> None:
    """The plan multiplies them with cells."""
    assert step.cost.seconds_per_megacell > 0
    assert step.cost.bytes_per_cell > 0


@pytest.mark.parametrize("step", steps_of(Format), ids=label)
def test_formats_declare_what_they_read(step: Format[Any]) -> None:
    """Patterns of file names, and tables or rasters that the model knows."""
    assert step.patterns
    assert all("/" not in pattern and "." in pattern for pattern in step.patterns)
    assert step.produces
    assert all(made in t.ALL or made in typing.get_args(RasterRole) for made in step.produces)


def test_the_list_of_parameters_is_not_stale() -> None:
    """It names steps that exist."""
    assert set(PARAMETERS) <= {name_of(step) for step in PARAMETRIC}


@pytest.mark.parametrize(
    ("step", "params"), with_params(Format, Gridder, Simulation, Assessment), ids=label
)
def test_parameters_survive_json_and_yaml(step: Any, params: Params) -> None:
    """What is sent to a worker, or written into a file, comes back as the same parameters."""
    model = step.params
    assert model.model_validate_json(params.model_dump_json()) == params
    text = yaml.safe_dump(params.model_dump(mode="json"), allow_unicode=True)
    assert model.model_validate(yaml.safe_load(text)) == params
    assert model.model_validate(params.model_dump()) == params


def models_of(model: type[BaseModel]) -> set[type[Params]]:
    """A model of parameters and those inside it."""
    found: set[type[Params]] = set()
    waiting: list[Any] = [model]
    while waiting:
        here = waiting.pop()
        if isinstance(here, type) and issubclass(here, Params) and here not in found:
            found.add(here)
            waiting += [field.annotation for field in here.model_fields.values()]
        waiting += typing.get_args(here)
    return found


MODELS = sorted(
    {model for step in PARAMETRIC for model in models_of(step.params)}, key=lambda m: m.__name__
)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_parameters_name_their_units(model: type[Params]) -> None:
    """Every number with a unit carries it in its name, or in the text below it."""
    silent, remarks = [], remarks_of(model)
    for name, field in model.model_fields.items():
        if not re.search(r"\bfloat\b", str(field.annotation)):
            continue
        said = remarks.get(name, "") + (model.__doc__ or "")
        if not UNIT_IN_NAME.search(name) and not UNIT_IN_TEXT.search(said):
            silent.append(name)
    assert silent == [], f"{model.__module__}.{model.__name__}: no unit for {silent}"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_parameters_are_frozen_and_refuse_what_they_do_not_know(model: type[Params]) -> None:
    """A typo in a configuration fails, and nobody changes parameters under way."""
    assert model.model_config.get("frozen") is True
    assert model.model_config.get("extra") == "forbid"
    assert model.__doc__
