"""Every `WITW_*` setting: its name, default and meaning. compose.yaml interpolates the same names."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Any, Literal

from dotenv import dotenv_values
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from dev.errors import SettingsError

ROOT = Path(__file__).resolve().parent.parent
"""The checkout."""

PREFIX = "WITW_"
ENV_FILE = ROOT / ".env"
"""Docker Compose reads this file by itself; so do we, lest the two disagree."""


class Settings(BaseSettings):
    """The settings of one run, from the environment, `.env` and the options of the command."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=ENV_FILE, env_ignore_empty=True, extra="ignore"
    )

    port: int = Field(8080, ge=1, le=65535, description="public port of the gateway on this machine")
    internal_port: int = Field(
        8081, ge=1, le=65535, description="internal port (health, metrics, admin), loopback only"
    )
    bind: str = Field("127.0.0.1", description="address on which the public port is opened")
    project: str = Field("witw", pattern=r"^[a-z0-9][a-z0-9_-]*$", description="name of the Compose project")
    tag: str = Field(
        "dev", pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$", description="tag of the images that are built"
    )
    pull: Literal["auto", "always", "never"] = Field("auto", description="whether the base image is pulled")
    mirror: str = Field(
        "",
        pattern=r"^([A-Za-z0-9.-]+(:[0-9]+)?|\[[0-9a-f:]+\]:[0-9]+)?$",
        description="registry HOST:PORT that all image references go through",
    )
    cache_dir: Path = Field(Path("~/.cache/witw"), description="downloads that a later run can use again")
    base_image: str = Field("", description="base image to use in place of the catalogue's")
    ca_bundle: str = Field(
        "", description="PEM bundle for builds; by default found in this machine's configuration"
    )
    pip_conf: str = Field("", description="pip configuration for builds; by default this machine's own")
    npmrc: str = Field("", description="npm configuration for builds; by default this machine's own")
    app_replicas: int = Field(2, ge=1, le=50, description="containers of the app")
    app_most_replicas: int = Field(
        6, ge=1, le=50, description="most pods where a cluster scales the app; the pool is sized by it"
    )
    web_workers: int = Field(2, ge=1, le=64, description="gunicorn workers in each of them")
    web_threads: int = Field(4, ge=1, le=256, description="threads of each worker")

    static_url: str = Field(
        "/static/", description="where browsers find static files; with the cdn, its address and /static/"
    )
    cdn_port: int = Field(
        8090, ge=1, le=65535, description="port of the cdn on this machine (COMPOSE_PROFILES=cdn)"
    )

    @field_validator("cache_dir")
    @classmethod
    def _expand_home(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @property
    def url(self) -> str:
        """Where people reach the app."""
        host = "localhost" if self.bind in ("127.0.0.1", "0.0.0.0", "::", "::1") else self.bind  # noqa: S104
        return f"http://{host}:{self.port}"

    @property
    def internal_url(self) -> str:
        """Where health, metrics and the admin are."""
        return f"http://localhost:{self.internal_port}"

    def environment(self) -> dict[str, str]:
        """The settings as Compose reads them; what is empty is left to the defaults of compose.yaml."""
        values = self.model_dump(mode="json")
        return {
            PREFIX + name.upper(): str(value) for name, value in values.items() if value not in ("", None)
        }


def load(**options: Any) -> Settings:
    """Read the settings; `options` that are not None win.

    Raises:
        SettingsError: A `WITW_*` name is unknown, or a value is out of its bounds. All of them are listed.
    """
    given = {*dotenv_values(ENV_FILE), *os.environ}
    problems = [_unknown(name) for name in sorted(given - set(names())) if name.upper().startswith(PREFIX)]
    settings = None
    try:
        settings = Settings(**{name: value for name, value in options.items() if value is not None})
    except ValidationError as error:
        for problem in error.errors():
            name = PREFIX + str(problem["loc"][0]).upper()
            problems.append(f"{name}={problem['input']}: {problem['msg'][0].lower()}{problem['msg'][1:]}")
    if settings is not None and settings.port == settings.internal_port:
        problems.append(f"WITW_PORT and WITW_INTERNAL_PORT are both {settings.port}")
    if problems or settings is None:
        raise SettingsError(
            "the settings cannot be used:\n  " + "\n  ".join(problems),
            remedy="correct or unset them; `./witw doctor --settings` lists all of them",
        )
    return settings


def names() -> list[str]:
    """Every setting by the name it has in the environment."""
    return [PREFIX + name.upper() for name in Settings.model_fields]


def _unknown(name: str) -> str:
    close = difflib.get_close_matches(name.upper(), names(), n=1, cutoff=0.6)
    return f"{name} is not a setting" + (f"; did you mean {close[0]}?" if close else "")
