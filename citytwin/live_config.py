"""The section ``live`` of a configuration: feeds, alerts, receivers, nowcasts. Secrets by name only.

A secret never stands in the file: the configuration names the environment variable that holds it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from citytwin.alerts.rule import AlertRule, Watch
from citytwin.alerts.sender import Sender
from citytwin.formats.measures import property_named
from citytwin.model.layer import Classification
from citytwin.model.text import Text, both_languages

Name = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")]
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]
"""Name of an environment variable that holds a secret."""
Hosts = Annotated[tuple[str, ...], Field(max_length=32)]


Limit = Annotated[float, Field(allow_inf_nan=False)]
Months = Annotated[tuple[tuple[Limit, Limit], ...], Field(min_length=12, max_length=12)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MqttConfig(_Section):
    """A broker; TLS is not optional."""

    host: str = Field(min_length=1, max_length=253)
    port: int = Field(default=8883, ge=1, le=65535)
    version: Literal["3.1.1", "5"] = "5"
    username: str = ""
    password_env: Variable | None = None
    authorities: str | None = None
    """File of certificate authorities of your own."""
    client_id: str | None = Field(default=None, min_length=1, max_length=64)
    """Default: made of city and source; two clients of one id throw each other out."""
    private_network: bool = False
    """Whether the broker may be in a private network, or on this computer."""


class SubscriptionConfig(MqttConfig):
    """A broker and what is listened to."""

    topics: tuple[str, ...] = Field(min_length=1, max_length=64)


class PollConfig(_Section):
    """An address that is asked again and again."""

    url: str
    every_minutes: Annotated[float, Field(gt=0, le=24 * 60)]
    hosts: Hosts = ()
    """Hosts that redirections may lead to, besides that of the address."""
    headers: dict[str, str] = Field(default_factory=dict)
    secret_headers: dict[str, Variable] = Field(default_factory=dict)
    """Names of headers, and of the variables that hold their values."""
    authorities: str | None = None
    private_network: bool = False
    most_megabytes: Annotated[float, Field(gt=0, le=1024)] = 64.0


class FolderConfig(_Section):
    """A folder that others put files into."""

    path: str
    pattern: str = Field(default="*", min_length=1, max_length=200)

    @field_validator("pattern")
    @classmethod
    def _a_plain_pattern(cls, value: str) -> str:
        if "/" in value or "\\" in value or "**" in value:
            msg = "is a pattern of file names, without folders"
            raise ValueError(msg)
        return value


class FeedConfig(_Section):
    """A source that goes on and on: one of `mqtt`, `https` and `folder`."""

    name: Name
    use: str
    """Name of the format, such as ``senml``."""
    mqtt: SubscriptionConfig | None = None
    https: PollConfig | None = None
    folder: FolderConfig | None = None
    classification: Classification = "secret"
    """What is not said to be open is closed."""
    licence: str
    title: Text
    synthetic: bool = False
    params: dict[str, Any] = Field(default_factory=dict)

    @field_validator("title", mode="before")
    @classmethod
    def _both_languages(cls, value: object) -> object:
        return both_languages(value)

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        ways = [w for w in (self.mqtt, self.https, self.folder) if w is not None]
        if len(ways) != 1:
            msg = f"feed {self.name} needs one of mqtt, https and folder, got {len(ways)}"
            raise ValueError(msg)
        return self


class WebhookConfig(_Section):
    """An address that gets signed messages."""

    url: str
    secret_envs: tuple[Variable, ...] = Field(min_length=1, max_length=2)
    """One secret; two while it is replaced, the new one first."""
    authorities: str | None = None
    private_network: bool = False


class CapFolderConfig(_Section):
    """A folder for CAP files."""

    path: str


class SinkConfig(_Section):
    """A receiver of alerts: one of `webhook`, `mqtt` and `folder`."""

    name: Name
    webhook: WebhookConfig | None = None
    mqtt: MqttConfig | None = None
    folder: CapFolderConfig | None = None
    topic: str = Field(default="citytwin", pattern=r"^[^#+\x00]{1,200}$")
    """Begin of the topics, for `mqtt`."""

    @model_validator(mode="after")
    def _one_way_out(self) -> Self:
        ways = [w for w in (self.webhook, self.mqtt, self.folder) if w is not None]
        if len(ways) != 1:
            msg = f"sink {self.name} needs one of webhook, mqtt and folder, got {len(ways)}"
            raise ValueError(msg)
        return self


class PostgresConfig(_Section):
    """A database of PostgreSQL; over the network it is reached by TLS only."""

    host: str = Field(pattern=r"^(/[^,\x00]{1,100}|[A-Za-z0-9.-]{1,253})$")
    """Name of the server, as its certificate says it; or the folder of its socket on this computer."""
    port: int = Field(default=5432, ge=1, le=65535)
    database: str = Field(min_length=1, max_length=63)
    user: str = Field(min_length=1, max_length=63)
    password_env: Variable | None = None
    """Left out, the password comes from a file of PostgreSQL's own (``~/.pgpass``), or none is needed."""
    authorities: str | None = None
    """File of certificate authorities of your own."""


class StageConfig(_Section):
    """A gauge whose level is that of water at the edge of the area, or in it."""

    thing: str = Field(pattern=r"^urn:citytwin:[a-z0-9_]{1,64}:\S{1,300}$")
    """Its URN, such as ``urn:citytwin:sensors:river-1``."""
    zero_m: float = Field(ge=-500, le=9000, allow_inf_nan=False)
    """Height of the gauge's zero above the city's vertical datum [m]."""
    edge: Literal["north", "south", "west", "east"] | None = None
    """All open cells along this edge ..."""
    outline: tuple[tuple[float, float], ...] = ()
    """... or those in this polygon, in the city's CRS [m]."""
    title: Text | None = None

    @field_validator("title", mode="before")
    @classmethod
    def _both_languages(cls, value: object) -> object:
        return None if value is None else both_languages(value)

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.edge is None) == (not self.outline):
            msg = f"the stage of {self.thing} needs either edge or outline"
            raise ValueError(msg)
        if self.outline and len(self.outline) < 3:
            msg = f"the outline of {self.thing} needs three places or more"
            raise ValueError(msg)
        return self


_OBSERVED = {"start", "duration_h", "rain", "design_storm", "rain_images"}
"""Parameters of a flood that a nowcast takes from what was measured."""


class NowcastConfig(_Section):
    """A flood of the next hour, computed while a watched value is high."""

    name: Name = "flood_nowcast"
    """Id of its layer."""
    when: Watch
    at_least: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """Value of the watch from which it runs, in the unit of the property."""
    past_minutes: Annotated[float, Field(ge=0, le=180)] = 30.0
    """Rain that has fallen already counts from so long ago."""
    next_minutes: Annotated[float, Field(ge=10, le=180)] = 60.0
    every_minutes: Annotated[float, Field(ge=1, le=180)] = 10.0
    """Least time between the starts of two."""
    budget_s: Annotated[float, Field(ge=5, le=3600)] = 120.0
    """It ends within this, on as coarse a grid as that takes."""
    stages: tuple[StageConfig, ...] = Field(default=(), max_length=16)
    """Water whose level gauges measure; it goes on as it rises or falls."""
    params: dict[str, Any] = Field(default_factory=dict)
    """Of the simulation `flood`; start, duration and rain are those of the nowcast."""

    @model_validator(mode="after")
    def _its_own(self) -> Self:
        taken = sorted(_OBSERVED & self.params.keys())
        if taken:
            msg = f"{', '.join(taken)} of a nowcast follow from the observations"
            raise ValueError(msg)
        if self.stages and "levels" in self.params:
            msg = "the levels of a nowcast stand in `stages` or in `params.levels`, not in both"
            raise ValueError(msg)
        if self.when.property != "rainfall_rate":
            msg = f"a flood follows rainfall_rate, not {self.when.property}"
            raise ValueError(msg)
        return self


class FollowConfig(_Section):
    """How often a layer that shows what was measured is made again."""

    every_minutes: Annotated[float, Field(ge=1, le=180)] = 10.0
    """Least time between the starts of two."""
    unchanged_minutes: Annotated[float, Field(ge=1, le=24 * 60)] = 60.0
    """What stays as it is comes onto the map again after this, so that its time is true."""
    budget_s: Annotated[float, Field(ge=5, le=3600)] = 120.0
    """It is ended when it takes longer."""


class SensorConfig(FollowConfig):
    """A layer that shows what one sensor measures, carried to every place."""

    thing: str = Field(pattern=r"^urn:citytwin:[a-z0-9_]{1,64}:\S{1,300}$")
    """URN of the sensor, such as ``urn:citytwin:sensors:roof``."""
    window_minutes: Annotated[float, Field(gt=0, le=60)] = 10.0
    """What is averaged over, to the last measurement; WMO-No. 8 asks for ten minutes of wind."""
    max_age_minutes: Annotated[float, Field(gt=0, le=180)] = 30.0
    """Measurements older than this say nothing of the moment."""

    @property
    def feed(self) -> str:
        """Name of the feed that the sensor is of."""
        return self.thing.split(":")[2]


class WindConfig(SensorConfig):
    """The wind of the moment, made again when the wind at a mast turns, freshens or drops."""

    change_m_s: Annotated[float, Field(ge=0, le=10)] = 0.5
    """Least difference of the wind, as a vector, from that on the map."""


class SunlightConfig(SensorConfig):
    """The irradiance of the moment, made again when the sky brightens or darkens, and as the sun goes on."""

    observed: Literal["radiation", "clouds"] = "radiation"
    """What the sensor measures: global radiation, or the share of the sky under clouds."""
    change_w_m2: Annotated[float, Field(ge=0, le=1000)] = 50.0
    """Least difference of the radiation from that on the map."""
    change_percent: Annotated[float, Field(ge=0, le=100)] = 10.0
    """Least difference of the cloud cover from that on the map."""
    unchanged_minutes: Annotated[float, Field(ge=1, le=24 * 60)] = 15.0
    """Under the same sky it is made again after this, for shadows move."""


class TrafficConfig(FollowConfig):
    """A map of traffic, made again when what detectors, stops and vehicles report has changed."""

    things: str = Field(default="*", min_length=1, max_length=300)
    """Pattern of their URNs, with ``*`` and ``?``."""
    window_minutes: Annotated[float, Field(gt=0, le=180)] = 15.0
    """What is averaged over, to now; a thing that is silent for longer leaves the map."""
    change_share: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Least change of a mean, as a share of the larger of the two."""


class LiveConfig(_Section):
    """What ``citytwin sync`` keeps running."""

    feeds: tuple[FeedConfig, ...] = Field(min_length=1, max_length=64)
    alerts: tuple[AlertRule, ...] = Field(default=(), max_length=256)
    sender: Sender | None = None
    sinks: tuple[SinkConfig, ...] = Field(default=(), max_length=32)
    nowcast: NowcastConfig | None = None
    wind: WindConfig | None = None
    sunlight: SunlightConfig | None = None
    traffic: TrafficConfig | None = None
    """A point for each detector, stop and vehicle."""
    road_speeds: TrafficConfig | None = None
    """The speed of each road on which something is measured."""
    postgresql: PostgresConfig | None = None
    """Holds the observations; left out, they lie in files beside the published city."""
    climatology: dict[str, Months] = Field(default_factory=dict)
    """By observed property: lowest and highest value that each month knows here, January first, in the
    unit of the property. A value beyond is suspect."""
    metrics_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """Port on this computer at which Prometheus finds the metrics; they are a file anyway."""

    @property
    def layers(self) -> tuple[str, ...]:
        """Ids of the layers that follow observations."""
        following = (
            ("wind_speed_now", self.wind),
            ("irradiance_now", self.sunlight),
            ("traffic", self.traffic),
            ("road_speeds", self.road_speeds),
        )
        nowcast = () if self.nowcast is None else (self.nowcast.name,)
        return (*nowcast, *(layer for layer, config in following if config is not None))

    @field_validator("climatology")
    @classmethod
    def _of_known_properties(cls, value: dict[str, Months]) -> dict[str, Months]:
        for name, months in value.items():
            if property_named(name) is None:
                msg = f"there is no observed property {name!r}"
                raise ValueError(msg)
            for month, (low, high) in enumerate(months, 1):
                if low > high:
                    msg = f"{name}: month {month} begins at {low:g} above its end at {high:g}"
                    raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        for what, names in (
            ("feed", [feed.name for feed in self.feeds]),
            ("alert", [rule.id for rule in self.alerts]),
            ("sink", [sink.name for sink in self.sinks]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                msg = f"names of a {what} used twice: {', '.join(twice)}"
                raise ValueError(msg)
        names = [feed.name for feed in self.feeds]
        for sensor in (self.wind, self.sunlight):
            if sensor is not None and sensor.feed not in names:
                msg = f"the sensor {sensor.thing} is of none of the feeds {', '.join(names)}"
                raise ValueError(msg)
        if self.alerts and self.sender is None:
            msg = "alerts need a `sender`: who answers for them"
            raise ValueError(msg)
        return self
