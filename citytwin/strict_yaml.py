"""Reads YAML text of a user: one meaning for every key, mistakes with their line."""

from __future__ import annotations

from typing import Any

import yaml

from citytwin.errors import ConfigError

_NO_VALUE = "there is no such value as"


class _Strict(yaml.SafeLoader):
    """Refuses a key that stands twice; YAML would silently take the last."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        first: dict[tuple[str, str], int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            name = (key.tag, key.value)
            if name in first:
                problem = f"the key {key.value!r} stands twice, first in line {first[name]}"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            first[name] = key.start_mark.line + 1
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        # 2026-02-30 without quotes is taken for a date
        except (ValueError, OverflowError) as error:
            problem = f"{_NO_VALUE} {node.value!r}: {error}"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark) from error


def read_yaml(text: str, source: str) -> object:
    """Read YAML of plain values.

    Parameters
    ----------
    text
        The YAML.
    source
        File that it came from, for messages.

    Raises
    ------
    ConfigError
        If it is no YAML, is nested without end, names a key twice, or holds a date or number that
        does not exist; with the line.
    """
    try:
        return yaml.load(text, _Strict)  # noqa: S506 - a SafeLoader
    except RecursionError as error:
        msg = f"{source}: lists or mappings nested too deeply"
        raise ConfigError(msg, hint="one key per parameter, two or three levels") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        what = " ".join(filter(None, (error.context, error.problem)))
        hint = "check the indentation and quotes of that line"
        if "stands twice" in what:
            hint = "keep one of the two"
        elif _NO_VALUE in what:
            hint = "check that date or number, or put it in quotes"
        raise ConfigError(f"{source}: {place}{what}", hint=hint) from error
    except yaml.YAMLError as error:
        msg = f"{source}: {' '.join(str(error).split())}"
        raise ConfigError(msg, hint="save it as plain text in UTF-8") from error
