"""The policy of a city: one readable YAML file of rules that allow or deny.

Its form makes it monotone. What allows names roles and a highest classification; what denies names
roles that it spares and a lowest classification. So whoever has fewer roles, or asks for something
more protected, is never given more.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from citytwin.errors import ConfigError
from citytwin.model.layer import Classification
from citytwin.strict_yaml import read_yaml
from citytwin.wording import explain

Action = Literal["read", "export", "sign"]
"""``read`` a map or table, ``export`` it as static files, ``sign`` an address that a program without
a login may read."""
Kind = Literal["layer", "table"]
ASKED: frozenset[tuple[Action, Kind]] = frozenset(
    {("read", "layer"), ("read", "table"), ("export", "layer"), ("sign", "layer")}
)
"""What doors ask for. A rule on anything else would have no effect, and is refused."""
_BY_RIGHTS = frozenset({"run", "key", "audit", "policy", "manage"})
"""No door leads to these: runs are started, keys used, audits read and policies written by whoever
may do so on the machine."""
ANYTHING = "*"
_MAX_BYTES = 1_000_000


def _plain_pattern(value: str) -> str:
    if ANYTHING in value[:-1]:
        msg = f"{value!r}: * stands for any end of a name, and only at its end"
        raise ValueError(msg)
    return value


def matches(pattern: str, name: str) -> bool:
    """Whether a name of a rule is that of a thing.

    Parameters
    ----------
    pattern
        Of a rule: a name, or the begin of some with ``*`` behind it.
    name
        Of a layer or table.
    """
    return name.startswith(pattern[:-1]) if pattern.endswith(ANYTHING) else name == pattern


Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_plain_pattern)]
Role = Annotated[str, Field(min_length=1, max_length=200)]


class Rule(BaseModel):
    """What some may do, or what nobody may."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9_-]{1,64}$")
    effect: Literal["allow", "deny"]
    actions: frozenset[Action] = Field(min_length=1)
    kinds: frozenset[Kind] = Field(default=frozenset({"layer"}), min_length=1)
    names: tuple[Name, ...] = Field(default=(ANYTHING,), min_length=1)
    """Ids, such as ``flood_depth_max``; ``flood_*`` for all that begin so."""
    anyone: bool = False
    """Of what allows: also those who have not logged in."""
    roles: frozenset[Role] = frozenset()
    """Of what allows: who has one of them."""
    subjects: frozenset[str] = frozenset()
    """Of what allows: these people, beside the roles. Of what denies: only these; none = all."""
    unless_roles: frozenset[Role] = frozenset()
    """Of what denies: whoever has one of them is spared."""
    up_to: Classification = "public"
    """Of what allows: the most protected classification."""
    at_least: Classification = "public"
    """Of what denies: the least protected classification."""
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    """The rule holds from the first moment on, and before the second."""

    @model_validator(mode="before")
    @classmethod
    def _not_by_rights(cls, data: object) -> object:
        """Refuse what sounds as if it protected something."""
        if not isinstance(data, Mapping):
            return data
        for key in ("actions", "kinds"):
            given = data.get(key)
            for value in given if isinstance(given, list) else ():
                if isinstance(value, str) and value in _BY_RIGHTS:
                    msg = (
                        f"rule {data.get('name')}: no door asks a policy about {value!r} "
                        f"({key}): runs, keys, audits and policies are for whoever the rights of "
                        "their files let in"
                    )
                    raise ValueError(msg)
        return data

    @model_validator(mode="after")
    def _is_asked_for(self) -> Self:
        if not any(action in self.actions and kind in self.kinds for action, kind in ASKED):
            actions, kinds = (", ".join(sorted(given)) for given in (self.actions, self.kinds))
            msg = f"rule {self.name} has no effect: no door asks to {actions} a {kinds}"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _keys_of_its_effect(self) -> Self:
        of_denial, of_allowance = {"unless_roles", "at_least"}, {"anyone", "roles", "up_to"}
        wrong = of_allowance if self.effect == "deny" else of_denial
        misplaced = sorted(wrong & self.model_fields_set)
        if misplaced:
            msg = f"rule {self.name}: {misplaced[0]} is no key of what can {self.effect}"
            raise ValueError(msg)
        if self.effect == "allow" and not (self.anyone or self.roles or self.subjects):
            msg = f"rule {self.name} allows nobody: name roles or subjects, or anyone: true"
            raise ValueError(msg)
        if self.anyone and self.up_to != "public":
            msg = f"rule {self.name} gives what is {self.up_to} to anyone: name roles"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.since is not None and self.until is not None and self.until <= self.since:
            since, until = self.since.isoformat(), self.until.isoformat()
            msg = f"rule {self.name} has no effect: it ends ({until}) before it begins ({since})"
            raise ValueError(msg)
        return self

    def holds_at(self, now: datetime) -> bool:
        """Whether the rule counts at a time.

        Parameters
        ----------
        now
            Aware.
        """
        begun = self.since is None or self.since <= now
        return begun and (self.until is None or now < self.until)


class Policy(BaseModel):
    """All rules of a city; what no rule allows is denied."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1]
    rules: tuple[Rule, ...] = ()

    @model_validator(mode="after")
    def _unique_names(self) -> Self:
        names = [rule.name for rule in self.rules]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            msg = f"names of rules used twice: {', '.join(twice)}"
            raise ValueError(msg)
        return self


PUBLIC_ONLY = Policy(
    version=1,
    rules=(
        Rule(
            name="public_layers",
            effect="allow",
            actions=frozenset({"read", "export"}),
            kinds=frozenset({"layer", "table"}),
            anyone=True,
        ),
    ),
)
"""Holds where no policy file is named: anyone may have what is public, nobody anything else."""


def load_policy(file: Path) -> Policy:
    """Read and check a policy.

    Parameters
    ----------
    file
        YAML in UTF-8, at most 1 MB.

    Raises
    ------
    ConfigError
        If it is missing, is no YAML or no policy; with the path of the key.
    """
    try:
        raw = file.read_bytes()
    except OSError as error:
        msg = f"policy {file} cannot be read: {error.strerror}"
        raise ConfigError(msg, hint="name the YAML file that says who may see what") from error
    if len(raw) > _MAX_BYTES:
        msg = f"{file}: {len(raw)} bytes are too many for a policy"
        raise ConfigError(msg, hint="name roles rather than people")
    try:
        data = read_yaml(raw.decode("utf-8"), str(file))
    except UnicodeDecodeError as error:
        msg = f"{file}: not UTF-8 at byte {error.start}"
        raise ConfigError(msg, hint="save the file as UTF-8") from error
    try:
        return Policy.model_validate(data)
    except ValidationError as error:
        raise ConfigError(f"{file}: {explain(error, Policy)}") from error
