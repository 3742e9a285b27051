"""Every setting that the app reads from outside, in one class: its name, type, default and meaning.

Nothing here imports Django, so that the harness and the tests can compare these names with the ones that
Compose and the chart pass. A value comes from the environment, else from a file in `SECRETS_DIR` that has the
name in lower case.
"""

import os
import re
import sys
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from config import secret_keys
from config.problems import ConfigurationError, explain, misspelt, unreadable

DEFAULT_SECRETS_DIR = Path("/run/secrets/app")
YEAR_SECONDS = 365 * 24 * 3600
LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")


def _split(value: object) -> object:
    """Lists are written with commas or spaces between the items."""
    return [item for item in re.split(r"[,\s]+", value) if item] if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Secrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_split)]
PortNumber = Annotated[int, Field(ge=1, le=65535)]
Hostname = re.compile(r"\.?[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]|\*", re.IGNORECASE)
Domain = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
ORIGIN = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[1-9][0-9]{0,4})?/?", re.IGNORECASE)


class Environment(BaseSettings):
    """The app's settings; `load` makes one from the process's environment."""

    model_config = SettingsConfigDict(
        extra="ignore", frozen=True, hide_input_in_errors=True, validate_default=True
    )

    # The app as a whole
    secret_key: SecretStr = Field(description="Signs sessions and tokens; at least 50 random characters.")
    secret_key_fallbacks: Secrets = Field(
        default=(), description="Earlier keys that are still accepted while a key is being rotated."
    )
    environment: str = Field(
        default="production",
        pattern=r"^[a-z0-9][a-z0-9-]*$",
        description="Where this runs, in error reports and metrics; Compose says `local`.",
    )
    release: str = Field(default="dev", description="What runs: a version or a commit.")
    debug: bool = Field(default=False, description="Django's debug pages; refused in production.")
    base_url: str = Field(
        default="http://localhost:8080",
        description="Where people reach the app. Its scheme decides secure cookies and HSTS.",
    )
    allowed_hosts: Words = Field(
        default=(), description="Host names answered to, besides that of `BASE_URL`."
    )
    csrf_trusted_origins: Words = Field(
        default=(), description="Origins that may post forms, besides `BASE_URL` (`https://host[:port]`)."
    )
    hsts_seconds: int = Field(
        default=-1, ge=-1, description="Age of Strict-Transport-Security; -1: a year if `BASE_URL` is https."
    )
    trust_forwarded_proto: bool | None = Field(
        default=None,
        description="Believe the gateway's `X-Forwarded-Proto`; unset: if `BASE_URL` is https.",
    )
    trusted_proxies: int = Field(
        default=1, ge=0, le=9, description="Proxies in front that append to `X-Forwarded-For`."
    )
    static_url: str = Field(
        default="/static/",
        description="Where browsers find styles, scripts and fonts; a CDN that asks the app: `https://.../static/`.",
    )
    static_keep_days: float = Field(
        default=30, gt=0, description="Days that static files of earlier releases stay reachable."
    )
    near_metres: int = Field(
        default=200_000, ge=0, le=2_000_000, description="Two cities closer than this are near."
    )
    secrets_dir: Path = Field(
        default=DEFAULT_SECRETS_DIR,
        description="Folder of files named like a setting in lower case (`db_password`); variables win.",
    )
    demo_password: SecretStr = Field(
        default=SecretStr(""),
        description="Password that `seed_demo` gives the demo people; empty: it asks.",
    )

    # Database
    db_host: str = Field(
        default="localhost", min_length=1, description="PostgreSQL, or the pooler before it."
    )
    db_port: PortNumber = Field(default=5432, description="Its port.")
    db_name: str = Field(default="witw", min_length=1, description="Name of the database.")
    db_user: str = Field(default="witw", min_length=1, description="Role that owns the tables.")
    db_password: SecretStr = Field(default=SecretStr(""), description="The role's password.")
    db_sslmode: Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] = Field(
        default="prefer", description="libpq's sslmode."
    )
    db_sslrootcert: str = Field(
        default="",
        description="File of the authority to verify the server with (`verify-ca`, `verify-full`).",
    )
    db_connect_timeout: int = Field(default=5, ge=1, le=300, description="Seconds to wait for a connection.")
    db_statement_timeout_ms: int = Field(
        default=15_000, ge=0, description="Longest statement in ms; 0: no limit (the migrate job)."
    )
    db_conn_max_age: int = Field(
        default=600, ge=0, description="Seconds that a connection is kept for further requests; 0: one each."
    )

    # Server
    port: PortNumber = Field(default=8000, description="Port of the app.")
    metrics_port: PortNumber = Field(default=8001, description="Port of `/internal/metrics`.")
    web_workers: int = Field(default=2, ge=1, le=64, description="Processes.")
    web_threads: int = Field(default=4, ge=1, le=256, description="Threads (requests at a time) per process.")
    web_graceful_timeout: int = Field(
        default=30, ge=1, description="Seconds that running requests are given at the end."
    )
    web_drain_seconds: float = Field(
        default=0,
        ge=0,
        description="Seconds after SIGTERM in which requests are still taken while `ready` says 503.",
    )
    web_keepalive: int = Field(
        default=75, ge=1, description="Seconds an idle connection is kept; longer than the gateway keeps it."
    )
    web_max_requests: int = Field(
        default=0, ge=0, description="Requests after which a process is replaced; 0: never."
    )

    # Cities
    cities_data_dir: Path = Field(
        default=Path("/var/lib/witw/cities"), description="Writable folder for downloaded city files."
    )
    cities_bundle: Path = Field(
        default=Path("/app/data/cities.csv.gz"), description="The city file that comes with the app."
    )
    geonames_url: str = Field(
        default="https://download.geonames.org/export/dump",
        description="Where `import_cities --download` finds GeoNames' dumps.",
    )

    # Logs and error reports
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="What is logged."
    )
    log_format: Literal["json", "text"] = Field(
        default="json", description="`json` for machines, `text` for people."
    )
    log_requests: Literal["failed", "all"] = Field(
        default="failed",
        description="Requests with a line in the app's log; the gateway's has one for each, by the same id.",
    )
    log_slow_ms: int = Field(
        default=1000, ge=0, description="A request that takes longer counts as failed; 0: none does."
    )
    sentry_dsn: SecretStr = Field(
        default=SecretStr(""), description="Where errors are reported; empty: nowhere."
    )
    sentry_traces_sample_rate: float = Field(
        default=0, ge=0, le=1, description="Share of requests that are traced there."
    )

    # Login
    login_email_domains: Words = Field(
        default=(),
        description="Email domains that may log in through a provider; empty: people who exist already.",
    )
    login_team: str = Field(
        default="",
        pattern=r"^(domain|team_[A-Za-z0-9]{24})?$",
        description="Newcomers' team: its id, or `domain` (named after the email's); empty: none come in.",
    )
    oidc_issuer: str = Field(default="", description="OpenID Connect: address of the issuer.")
    oidc_name: str = Field(default="Single sign-on", description="OpenID Connect: name on the button.")
    oidc_client_id: str = Field(default="", description="OpenID Connect: client id.")
    oidc_client_secret: SecretStr = Field(default=SecretStr(""), description="OpenID Connect: client secret.")
    google_client_id: str = Field(default="", description="Google: client id.")
    google_client_secret: SecretStr = Field(default=SecretStr(""), description="Google: client secret.")
    github_client_id: str = Field(default="", description="GitHub: client id.")
    github_client_secret: SecretStr = Field(default=SecretStr(""), description="GitHub: client secret.")

    @model_validator(mode="before")
    @classmethod
    def _empty_means_unset(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Compose and charts pass `NAME=` for what nobody set."""
        return {name: value for name, value in values.items() if value != ""}

    @field_validator("secret_key")
    @classmethod
    def _key_is_strong(cls, key: SecretStr) -> SecretStr:
        secret_keys.refuse_weak(key.get_secret_value())
        return key

    @field_validator("secret_key_fallbacks")
    @classmethod
    def _fallbacks_are_strong(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for key in keys:
            secret_keys.refuse_weak(key.get_secret_value())
        return keys

    @field_validator("debug")
    @classmethod
    def _no_debug_in_production(cls, debug: bool, info: ValidationInfo) -> bool:
        if debug and info.data.get("environment") == "production":
            raise ValueError("shows secrets to visitors in production; unset it or set ENVIRONMENT=local")
        return debug

    @field_validator("base_url")
    @classmethod
    def _base_url_is_an_origin(cls, url: str) -> str:
        return _origin(url)

    @field_validator("csrf_trusted_origins")
    @classmethod
    def _origins(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_origin(url) for url in urls)

    @field_validator("allowed_hosts")
    @classmethod
    def _hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            if not Hostname.fullmatch(host):
                raise ValueError(
                    f"'{host}' is no host name; write them without scheme and port: witw.example.com"
                )
        return hosts

    @field_validator("hsts_seconds")
    @classmethod
    def _hsts_needs_https(cls, seconds: int, info: ValidationInfo) -> int:
        url = info.data.get("base_url")
        if seconds > 0 and url and not url.startswith("https:"):
            raise ValueError("makes no sense without https; set BASE_URL=https://... or unset it")
        return seconds

    @field_validator("static_url")
    @classmethod
    def _static_url_is_a_folder(cls, url: str) -> str:
        parts = urlsplit(url)
        trusted = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL_HOSTS)
        if not url.endswith("/") or not (trusted if parts.netloc else url.startswith("/")):
            raise ValueError("has to start with / or https:// and to end with /")
        return url

    @field_validator("metrics_port")
    @classmethod
    def _ports_differ(cls, port: int, info: ValidationInfo) -> int:
        if port == info.data.get("port"):
            raise ValueError(f"is the same as PORT ({port}); choose another, for example {port + 1}")
        return port

    @field_validator("db_sslrootcert")
    @classmethod
    def _verification_needs_an_authority(cls, path: str, info: ValidationInfo) -> str:
        if not path and info.data.get("db_sslmode") in {"verify-ca", "verify-full"}:
            raise ValueError(
                f"is needed for DB_SSLMODE={info.data['db_sslmode']}; name the authority's PEM file"
            )
        if path and not Path(path).is_file():
            raise ValueError(f"names '{path}', which is no file; mount it or correct the path")
        return path

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("sentry_dsn")
    @classmethod
    def _dsn_has_a_key(cls, dsn: SecretStr) -> SecretStr:
        parts = urlsplit(dsn.get_secret_value())
        if dsn.get_secret_value() and not (
            parts.scheme in {"http", "https"} and parts.username and parts.hostname
        ):
            raise ValueError("is no DSN; copy it from the project's settings: https://KEY@HOST/PROJECT")
        return dsn

    @field_validator("login_email_domains")
    @classmethod
    def _domains(cls, domains: tuple[str, ...]) -> tuple[str, ...]:
        lowered = tuple(domain.lower().removeprefix("@") for domain in domains)
        for domain in lowered:
            if not Domain.fullmatch(domain):
                raise ValueError(f"'{domain}' is no email domain; write them like example.com,example.org")
        return lowered

    @field_validator("login_team")
    @classmethod
    def _newcomers_need_an_allow_list(cls, team: str, info: ValidationInfo) -> str:
        if team and info.data.get("login_email_domains") == ():
            raise ValueError(
                "without LOGIN_EMAIL_DOMAINS would let anybody into a team; list the domains that may join"
            )
        return team

    @field_validator("oidc_issuer")
    @classmethod
    def _issuer_is_an_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and not (parts.scheme in {"http", "https"} and parts.hostname):
            raise ValueError(f"'{url}' is no address; write it like https://login.example.com")
        return url.rstrip("/")

    @field_validator("oidc_client_id", "google_client_id", "github_client_id")
    @classmethod
    def _client_id_has_an_issuer(cls, client: str, info: ValidationInfo) -> str:
        if info.field_name == "oidc_client_id" and bool(client) != bool(info.data.get("oidc_issuer", client)):
            raise ValueError("and OIDC_ISSUER go together; set both or none")
        return client

    @field_validator("oidc_client_secret", "google_client_secret", "github_client_secret")
    @classmethod
    def _client_has_id_and_secret(cls, secret: SecretStr, info: ValidationInfo) -> SecretStr:
        name = str(info.field_name).replace("secret", "id")
        if bool(secret.get_secret_value()) != bool(info.data.get(name, secret.get_secret_value())):
            raise ValueError(f"and {name.upper()} go together; set both or none")
        return secret

    @property
    def is_https(self) -> bool:
        """Whether people reach the app over TLS, ended by a gateway before it."""
        return self.base_url.startswith("https:")

    @cached_property
    def hosts(self) -> list[str]:
        """The host names answered to: that of `BASE_URL` (in all its local spellings) and `ALLOWED_HOSTS`."""
        host = urlsplit(self.base_url).hostname or ""
        own = LOCAL_HOSTS if host in {"localhost", "127.0.0.1", "::1"} else (host,)
        return list(dict.fromkeys([*own, *self.allowed_hosts]))

    @property
    def static_origin(self) -> str:
        """The origin of `STATIC_URL` where that is another one; empty: ours."""
        parts = urlsplit(self.static_url)
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""

    @property
    def trusts_forwarded_proto(self) -> bool:
        """Whether the gateway's word on http or https is taken."""
        return self.is_https if self.trust_forwarded_proto is None else self.trust_forwarded_proto

    @property
    def effective_hsts_seconds(self) -> int:
        """`HSTS_SECONDS`, or what follows from the scheme where it is left alone."""
        return self.hsts_seconds if self.hsts_seconds >= 0 else YEAR_SECONDS * self.is_https

    @classmethod
    def load(cls) -> Self:
        """Read and check all settings of this process.

        Raises:
            ConfigurationError: naming all that is missing, wrong or probably misspelt.
        """
        folder = Path(os.environ.get("SECRETS_DIR") or DEFAULT_SECRETS_DIR)
        known = names()
        problems = misspelt(os.environ, known)
        if folder.is_dir():
            problems += misspelt((path.name.upper() for path in folder.glob("[a-z]*")), known)
            if blocked := unreadable(folder, known):
                raise ConfigurationError(blocked + problems)
        try:
            settings = cls(_secrets_dir=folder if folder.is_dir() else None)
        except ValidationError as error:
            raise ConfigurationError([explain(problem) for problem in error.errors()] + problems) from None
        if problems:
            raise ConfigurationError(problems)
        return settings

    @classmethod
    def load_or_exit(cls) -> Self:
        """`load` for a program: what is wrong is said without a traceback, and ends it."""
        try:
            return cls.load()
        except ConfigurationError as error:
            sys.exit(str(error))


def names() -> list[str]:
    """The names of all settings, as they are written in the environment."""
    return [name.upper() for name in Environment.model_fields]


def _origin(url: str) -> str:
    """The URL as scheme, host and port, or ValueError if it is more or less than that."""
    if not ORIGIN.fullmatch(url):
        raise ValueError(
            f"'{url}' is no origin; write it like https://witw.example.com or http://localhost:8080"
        )
    return url.rstrip("/")
