"""One YAML file -> how a city is served; secrets stand in files of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from citytwin.errors import ConfigError
from citytwin.security.audit import AuditChain, read_key
from citytwin.strict_yaml import read_yaml
from citytwin.wording import explain

_OWN_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _origin(value: str) -> str:
    parts = urlsplit(value)
    plain = parts.path in ("", "/") and not parts.query and not parts.fragment
    if parts.scheme not in ("https", "http") or not parts.hostname or not plain:
        msg = f"{value!r} is no address such as https://city.example"
        raise ValueError(msg)
    return value.rstrip("/")


def is_of_this_computer(url: str) -> bool:
    """Whether an address leads to the loopback interface.

    Parameters
    ----------
    url
        Absolute.
    """
    return urlsplit(url).hostname in _OWN_HOSTS


class IdentityConfig(_Section):
    """The OpenID Connect provider that says who people are."""

    issuer: str = Field(pattern=r"^https?://[^\s?#]+$")
    """As it names itself; its discovery document lies below."""
    audience: str = Field(min_length=1, max_length=500)
    """That access tokens for this server name."""
    client_id: str = Field(min_length=1, max_length=500)
    """Of the login in the browser."""
    client_secret_file: Path
    scopes: str = "openid"
    """What the login asks for."""
    roles_claim: str = Field(default="roles", pattern=r"^[A-Za-z0-9_:/.-]{1,200}$")
    algorithms: tuple[Literal["RS256", "PS256", "ES256"], ...] = ("RS256", "ES256")
    """Of signatures; a token that names another is refused."""
    leeway_s: int = Field(default=60, ge=0, le=300)
    """By which clocks may differ [s]."""
    authorities: Path | None = None
    """Certificates of a private authority in PEM."""

    @model_validator(mode="after")
    def _two_audiences(self) -> Self:
        if self.audience == self.client_id:
            msg = "audience and client_id must differ: a token of a login is no access token"
            raise ValueError(msg)
        return self


class TlsConfig(_Section):
    """Certificate of the server."""

    certificate: Path
    key: Path


class AuditConfig(_Section):
    """Where the chain of decisions is written."""

    folder: Path
    anchors: Path
    """Another folder, best on another disk."""
    key_file: Path

    def begin(self) -> AuditChain:
        """Begin a chain of this process; whoever begins it closes it.

        Raises
        ------
        ConfigError
            If the key is missing, too short, or others may read it.
        StoreError
            If the disk refuses.
        """
        return AuditChain(self.folder, self.anchors, read_key(self.key_file))


class LimitsConfig(_Section):
    """What one reader may ask for."""

    requests_per_minute: int = Field(default=6000, ge=1)
    """Of one address, and of one known subject, by each worker; a list of layers counts as one for each.
    Whoever comes by a proxy shares its address."""
    connections: int = Field(default=200, ge=1)
    """At the same time, by each worker, half of them from one address; more are answered 503."""
    session_minutes: int = Field(default=60, ge=1, le=720)
    """After which somebody who has logged in is asked again."""
    signed_minutes: int = Field(default=5, ge=1, le=720)
    """For which a signed address holds."""
    features: int = Field(default=1000, ge=1, le=10_000)
    """In one answer."""


class ServeConfig(_Section):
    """How a city is served."""

    public_url: Annotated[str, AfterValidator(_origin)]
    """Address that readers use."""
    policy: Path
    identity: IdentityConfig
    session_key_file: Path
    """32 random bytes: signs sessions and addresses."""
    audit: AuditConfig
    tls: TlsConfig | None = None
    limits: LimitsConfig = LimitsConfig()


def load_serve(file: Path) -> ServeConfig:
    """Read and check how a city is served; paths are relative to the file.

    Parameters
    ----------
    file
        YAML in UTF-8.

    Raises
    ------
    ConfigError
        If it is missing or wrong; with the path of the key.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{file} cannot be read: {error}"
        raise ConfigError(msg, hint="docs/serving.md shows one to start from") from error
    data = read_yaml(text, str(file))
    try:
        config = ServeConfig.model_validate(data)
    except ValidationError as error:
        raise ConfigError(f"{file}: {explain(error, ServeConfig)}") from error
    found = _beside(config, file.resolve().parent)
    if found.audit.anchors.resolve() == found.audit.folder.resolve():
        msg = f"{file}: audit.anchors is audit.folder ({found.audit.folder})"
        raise ConfigError(msg, hint="name another folder, best on another disk or machine")
    return found


def _beside(config: ServeConfig, folder: Path) -> ServeConfig:
    """Resolve the paths of a configuration against the folder that it lies in."""
    identity = config.identity
    authorities = identity.authorities
    return config.model_copy(
        update={
            "policy": folder / config.policy,
            "session_key_file": folder / config.session_key_file,
            "identity": identity.model_copy(
                update={
                    "client_secret_file": folder / identity.client_secret_file,
                    "authorities": folder / authorities if authorities else None,
                }
            ),
            "audit": AuditConfig(
                folder=folder / config.audit.folder,
                anchors=folder / config.audit.anchors,
                key_file=folder / config.audit.key_file,
            ),
            "tls": TlsConfig(
                certificate=folder / config.tls.certificate, key=folder / config.tls.key
            )
            if config.tls
            else None,
        }
    )


def require_audit_apart(config: ServeConfig, city_dir: Path) -> None:
    """Refuse an audit within the city: what is done with that folder would be done with the audit.

    Parameters
    ----------
    config
        How the city is served.
    city_dir
        Folder of the published city.

    Raises
    ------
    ConfigError
        If the chain or its anchors lie there; with the key.
    """
    for key, folder in (("folder", config.audit.folder), ("anchors", config.audit.anchors)):
        if folder.resolve().is_relative_to(city_dir.resolve()):
            msg = f"audit.{key} {folder} lies in the city that is served, {city_dir}"
            raise ConfigError(
                msg, hint="name a folder elsewhere: a city is copied, given away, pruned"
            )


def require_secure(config: ServeConfig, host: str, *, insecure_local: bool) -> None:
    """Refuse to serve in the clear, but to this computer alone and when that is asked for.

    Parameters
    ----------
    config
        How the city is served.
    host
        Interface that it is served on.
    insecure_local
        Whether plain HTTP on the loopback interface is asked for.

    Raises
    ------
    ConfigError
        If something would pass in the clear; with what to do.
    """
    if insecure_local:
        if host not in _OWN_HOSTS or not is_of_this_computer(config.public_url):
            msg = f"--insecure-local serves this computer alone, not {host} as {config.public_url}"
            raise ConfigError(msg, hint="take 127.0.0.1 for both, or give `tls`")
    elif config.tls is None:
        msg = "a city is served over TLS only, and no certificate is named"
        hint = "give `tls: {certificate, key}`; on this computer alone --insecure-local"
        raise ConfigError(msg, hint=hint)
    elif not config.public_url.startswith("https://"):
        msg = f"public_url {config.public_url} is not https"
        raise ConfigError(msg, hint="readers use the address that the certificate is for")
    issuer = config.identity.issuer
    if not issuer.startswith("https://") and not (insecure_local and is_of_this_computer(issuer)):
        msg = f"identity.issuer {issuer} is not https: anyone on the way could say who people are"
        raise ConfigError(msg, hint="take the https address of the provider")
