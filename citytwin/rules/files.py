"""Rules by name, or from a file of the user: one YAML file each."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError, ValidationInfo

from citytwin.errors import ConfigError
from citytwin.model.steps import folder_of
from citytwin.strict_yaml import read_yaml

_ENDING = ".yaml"
R = TypeVar("R", bound=BaseModel)


@dataclass(frozen=True)
class RuleFiles(Generic[R]):
    """Rules of one kind that come with the package, and those of users.

    Parameters
    ----------
    package
        Where the files lie; the name of a rule is that of its file.
    model
        What a file holds.
    noun
        What a rule is called in messages, such as ``rule on sunlight``.
    """

    package: str
    model: type[R]
    noun: str

    def names(self) -> tuple[str, ...]:
        """Names of the rules that come with the package, sorted."""
        listed = (Path(file.name) for file in files(self.package).iterdir())
        return tuple(sorted(file.stem for file in listed if file.suffix == _ENDING))

    def named(self, name: str) -> R:
        """Return a rule that comes with the package.

        Parameters
        ----------
        name
            Such as ``jp_shade``.

        Raises
        ------
        ConfigError
            If there is none.
        """
        if name not in self.names():
            msg = f"{name!r} is no {self.noun}"
            known = ", ".join(self.names())
            raise ConfigError(msg, hint=f"use one of {known}, the path of a YAML file, or the rule")
        file = f"{name}{_ENDING}"
        return self._checked(files(self.package).joinpath(file).read_text("utf-8"), file)

    def from_file(self, path: Path) -> R:
        """Read a rule of the user.

        Parameters
        ----------
        path
            YAML file.

        Raises
        ------
        ConfigError
            If it cannot be read, or is no rule; with the key and the value met.
        """
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            msg = f"the {self.noun} {path} cannot be read: {error}"
            raise ConfigError(msg, hint="name a YAML file in UTF-8") from error
        return self._checked(text, str(path))

    def given(self, value: object, info: ValidationInfo) -> object:
        """Let a name or the path of a file stand for the rule, where parameters ask for one.

        Parameters
        ----------
        value
            As it stands in the configuration.
        info
            Of the validator: knows the folder that relative paths lead from.

        Raises
        ------
        ConfigError
            If there is no rule of that name, or in that file.
        """
        if not isinstance(value, str):
            return value
        if value.endswith((_ENDING, ".yml")):
            return self.from_file(folder_of(info) / value)
        return self.named(value)

    def _checked(self, text: str, source: str) -> R:
        try:
            return self.model.model_validate(read_yaml(text, source))
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or "the file"
            msg = f"{source}: {place}: {first['msg']}, got {str(first['input'])[:80]!r}"
            raise ConfigError(
                msg, hint="compare it with a rule that comes with citytwin"
            ) from error
