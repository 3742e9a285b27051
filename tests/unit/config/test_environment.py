"""Settings from outside: read, checked all at once, and never shown where they are secret."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.environment import Environment, names
from config.problems import ConfigurationError

APP = Path(__file__).resolve().parents[3] / "app"
KEY = "u2Zr9Qk1mX8vB4nT7cL0pW5sD3fG6hJ1aE9yR2tU4iO7kM0xV5"


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment with a key and nothing else in it."""
    for name in list(os.environ):
        if name.upper() in names():
            monkeypatch.delenv(name)
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path / "secrets"))
    monkeypatch.setenv("SECRET_KEY", KEY)


@pytest.fixture
def secrets_dir(tmp_path: Path) -> Path:
    """A folder of secret files."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    return folder


def problems(monkeypatch: pytest.MonkeyPatch, **given: str) -> list[str]:
    """What is wrong with these settings."""
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as caught:
        Environment.load()
    return caught.value.problems


def load(monkeypatch: pytest.MonkeyPatch, **given: str) -> Environment:
    """These settings, which are right."""
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return Environment.load()


def test_a_key_is_all_that_has_to_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    env = load(monkeypatch)
    assert env.secret_key.get_secret_value() == KEY
    assert (env.base_url, env.is_https, env.trusts_forwarded_proto) == ("http://localhost:8080", False, False)
    assert env.effective_hsts_seconds == 0
    assert env.hosts == ["localhost", "127.0.0.1", "[::1]"]


def test_there_is_no_default_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY")
    (problem,) = problems(monkeypatch)
    assert problem.startswith("SECRET_KEY: is missing; make one with: python3 -c")


@pytest.mark.parametrize(
    "key", ["short", "a" * 60, f"django-insecure-{KEY}", f"changeme{KEY}", f"This-is-an-EXAMPLE-{KEY}"]
)
def test_a_key_that_could_be_guessed_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    (problem,) = problems(monkeypatch, SECRET_KEY=key)
    assert problem.startswith("SECRET_KEY: is ")
    assert key not in problem


def test_a_weak_fallback_key_is_refused_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert problems(monkeypatch, SECRET_KEY_FALLBACKS=f"{KEY},weak")[0].startswith("SECRET_KEY_FALLBACKS: is")
    assert len(load(monkeypatch, SECRET_KEY_FALLBACKS=f"{KEY}, {KEY}").secret_key_fallbacks) == 2


def test_everything_that_is_wrong_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = problems(
        monkeypatch,
        SECRET_KEY="short",
        DB_PORT="many",
        WEB_THREADS="0",
        LOG_LEVEL="loud",
        BASE_URL="witw.example.com",
        DB_HOSTS="db",
    )
    assert [line.partition(":")[0] for line in found] == [
        "SECRET_KEY", "BASE_URL", "DB_PORT", "WEB_THREADS", "LOG_LEVEL", "DB_HOSTS",
    ]  # fmt: skip
    with pytest.raises(ConfigurationError, match="6 settings are wrong") as caught:
        Environment.load()
    assert str(caught.value).count("\n  - ") == 6


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("DB_HOSTS", "DB_HOST"),
        ("SECRETKEY", "SECRET_KEY"),
        ("DB_PASSWD", "DB_PASSWORD"),
        ("ALLOWED_HOST", "ALLOWED_HOSTS"),
    ],
)
def test_a_misspelt_name_is_an_error(monkeypatch: pytest.MonkeyPatch, name: str, meant: str) -> None:
    (problem,) = problems(monkeypatch, **{name: "x"})
    assert problem == f"{name}: is no setting; did you mean {meant}? Rename or remove it"


@pytest.mark.parametrize(
    "name", ["DATABASE_URL", "PGPORT", "DB_SERVICE_HOST", "HOSTNAME", "WITW_PORT", "GUNICORN_CMD_ARGS"]
)
def test_other_programs_variables_are_left_alone(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    load(monkeypatch, **{name: "x"})


def test_the_earlier_apps_names_are_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    (problem,) = problems(monkeypatch, SOCIAL_AUTH_GITHUB_KEY="x")
    assert problem == "SOCIAL_AUTH_GITHUB_KEY: is called GITHUB_CLIENT_ID now; rename it"


def test_a_port_that_kubernetes_made_of_a_service_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    (problem,) = problems(monkeypatch, DB_PORT="tcp://10.0.0.1:5432")
    assert "enableServiceLinks: false" in problem


def test_secrets_come_from_files_named_in_lower_case(
    monkeypatch: pytest.MonkeyPatch, secrets_dir: Path
) -> None:
    (secrets_dir / "db_password").write_text("from the file\n")
    assert load(monkeypatch).db_password.get_secret_value() == "from the file"
    assert load(monkeypatch, DB_PASSWORD="given").db_password.get_secret_value() == "given"


def test_an_empty_variable_or_file_counts_as_unset(
    monkeypatch: pytest.MonkeyPatch, secrets_dir: Path
) -> None:
    (secrets_dir / "sentry_dsn").write_text("")
    env = load(monkeypatch, DB_PORT="", TRUST_FORWARDED_PROTO="")
    assert (env.db_port, env.trust_forwarded_proto, env.sentry_dsn.get_secret_value()) == (5432, None, "")


def test_a_misspelt_secret_file_is_an_error(monkeypatch: pytest.MonkeyPatch, secrets_dir: Path) -> None:
    (secrets_dir / "db_passwords").write_text("x")
    assert problems(monkeypatch) == [
        "DB_PASSWORDS: is no setting; did you mean DB_PASSWORD? Rename or remove it"
    ]


def test_a_secret_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch, secrets_dir: Path) -> None:
    (secrets_dir / "db_password").mkdir()
    (problem,) = problems(monkeypatch)
    assert "cannot be read" in problem
    assert "make it readable for user" in problem


def test_no_secret_shows_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    env = load(monkeypatch, DB_PASSWORD="hush-hush", SENTRY_DSN="https://hush-hush@sentry.example.com/1")
    assert "hush-hush" not in f"{env!r} {env}"
    assert KEY not in f"{env!r} {env}"


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"DEBUG": "true"}, "DEBUG: shows secrets to visitors in production"),
        ({"BASE_URL": "https://x.example/path"}, "BASE_URL: 'https://x.example/path' is no origin"),
        ({"CSRF_TRUSTED_ORIGINS": "x.example"}, "CSRF_TRUSTED_ORIGINS: 'x.example' is no origin"),
        ({"ALLOWED_HOSTS": "https://x.example"}, "ALLOWED_HOSTS: 'https://x.example' is no host name"),
        ({"HSTS_SECONDS": "60"}, "HSTS_SECONDS: makes no sense without https"),
        ({"STATIC_URL": "static"}, "STATIC_URL: has to start with / or https://"),
        ({"STATIC_URL": "http://cdn.example.com/"}, "STATIC_URL: has to start with / or https://"),
        ({"STATIC_URL": "//cdn.example.com/"}, "STATIC_URL: has to start with / or https://"),
        ({"METRICS_PORT": "8000"}, "METRICS_PORT: is the same as PORT (8000)"),
        ({"DB_SSLMODE": "verify-full"}, "DB_SSLROOTCERT: is needed for DB_SSLMODE=verify-full"),
        ({"DB_SSLROOTCERT": "/no/such/file"}, "DB_SSLROOTCERT: names '/no/such/file', which is no file"),
        ({"SENTRY_DSN": "sentry.example.com"}, "SENTRY_DSN: is no DSN"),
        ({"LOGIN_EMAIL_DOMAINS": "anna@example"}, "LOGIN_EMAIL_DOMAINS: 'anna@example' is no email domain"),
        ({"LOGIN_TEAM": "domain"}, "LOGIN_TEAM: without LOGIN_EMAIL_DOMAINS would let anybody into a team"),
        ({"LOGIN_TEAM": "my team"}, "LOGIN_TEAM: string should match pattern"),
        ({"OIDC_CLIENT_ID": "x", "OIDC_CLIENT_SECRET": "y"}, "OIDC_CLIENT_ID: and OIDC_ISSUER go together"),
        ({"OIDC_ISSUER": "login.example.com"}, "OIDC_ISSUER: 'login.example.com' is no address"),
        ({"GITHUB_CLIENT_ID": "x"}, "GITHUB_CLIENT_SECRET: and GITHUB_CLIENT_ID go together"),
        ({"GOOGLE_CLIENT_SECRET": "x"}, "GOOGLE_CLIENT_SECRET: and GOOGLE_CLIENT_ID go together"),
    ],
)
def test_what_does_not_fit_together_is_refused_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], problem: str
) -> None:
    found = problems(monkeypatch, **given)
    assert any(line.startswith(problem) for line in found), found


def test_https_turns_the_safe_settings_on(monkeypatch: pytest.MonkeyPatch) -> None:
    env = load(
        monkeypatch, BASE_URL="https://witw.example.com/", ALLOWED_HOSTS="internal.example.com, .example.org"
    )
    assert (env.base_url, env.is_https, env.trusts_forwarded_proto) == (
        "https://witw.example.com",
        True,
        True,
    )
    assert env.effective_hsts_seconds == 365 * 24 * 3600
    assert env.hosts == ["witw.example.com", "internal.example.com", ".example.org"]


def test_what_follows_from_the_scheme_can_be_overruled(monkeypatch: pytest.MonkeyPatch) -> None:
    env = load(monkeypatch, BASE_URL="https://x.example", HSTS_SECONDS="60", TRUST_FORWARDED_PROTO="false")
    assert (env.effective_hsts_seconds, env.trusts_forwarded_proto) == (60, False)


def test_a_full_set_of_settings_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    env = load(
        monkeypatch,
        ENVIRONMENT="local",
        DEBUG="true",
        LOG_LEVEL="debug",
        DB_SSLMODE="verify-ca",
        DB_SSLROOTCERT=__file__,
        OIDC_ISSUER="https://login.example.com/",
        OIDC_CLIENT_ID="x",
        OIDC_CLIENT_SECRET="y",
        LOGIN_EMAIL_DOMAINS="@Example.com example.org",
        LOGIN_TEAM="domain",
        SENTRY_DSN="https://key@sentry.example.com/1",
        CSRF_TRUSTED_ORIGINS="https://a.example,http://[::1]:8081",
    )
    assert env.oidc_issuer == "https://login.example.com"
    assert env.login_email_domains == ("example.com", "example.org")
    assert env.log_level == "DEBUG"


def documented() -> Iterator[tuple[str, str]]:
    """The settings of the table in app/README.md, with their defaults."""
    for line in (APP / "README.md").read_text().splitlines():
        if row := re.match(r"\| `([A-Z_]+)` \| (.*?) \|", line):
            yield row[1], row[2].strip("`")


def test_the_table_in_the_readme_is_what_the_code_reads() -> None:
    fields = {name.upper(): field for name, field in Environment.model_fields.items()}
    table = dict(documented())
    assert list(table) == names()
    for name, default in table.items():
        value = fields[name].get_default()
        plain = value.get_secret_value() if hasattr(value, "get_secret_value") else value
        shown = (
            "**required**"
            if fields[name].is_required()
            else str(plain).lower()
            if plain not in ("", (), None)
            else ""
        )
        assert default.lower() == shown.lower(), name


def test_the_names_can_be_read_without_django() -> None:
    code = "import sys, config.environment; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=APP, check=False).returncode == 0
