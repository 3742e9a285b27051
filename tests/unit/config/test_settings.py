"""Django's settings in production, and what a command says when they are wrong."""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

APP = Path(__file__).resolve().parents[3] / "app"
DUMP = """
import json
from django.conf import settings
names = ("ALLOWED_HOSTS CSRF_TRUSTED_ORIGINS CSRF_COOKIE_SECURE SESSION_COOKIE_SECURE SECURE_HSTS_SECONDS "
         "SECURE_PROXY_SSL_HEADER SECURE_SSL_REDIRECT CONTENT_SECURITY_POLICY DEBUG LOGIN_PROVIDERS").split()
print(json.dumps({name: getattr(settings, name) for name in names}))
"""


def run(*command: str, **given: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the app's folder with these settings only."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    env = (
        kept | {"DJANGO_SETTINGS_MODULE": "config.settings", "SECRET_KEY": secrets.token_urlsafe(50)} | given
    )
    return subprocess.run(
        [sys.executable, *command], cwd=APP, env=env, capture_output=True, text=True, check=False, timeout=60
    )


def settings_with(**given: str) -> dict[str, Any]:
    """The interesting settings that follow from these."""
    result = run("-c", DUMP, **given)
    assert result.returncode == 0, result.stderr
    return dict(json.loads(result.stdout))


def test_behind_a_tls_gateway_everything_is_secure() -> None:
    found = settings_with(
        BASE_URL="https://witw.example.com", CSRF_TRUSTED_ORIGINS="https://admin.example.com"
    )
    assert found["SESSION_COOKIE_SECURE"]
    assert found["CSRF_COOKIE_SECURE"]
    assert found["SECURE_SSL_REDIRECT"]
    assert found["SECURE_HSTS_SECONDS"] == 365 * 24 * 3600
    assert found["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]
    assert found["ALLOWED_HOSTS"] == ["witw.example.com"]
    assert found["CSRF_TRUSTED_ORIGINS"] == ["https://witw.example.com", "https://admin.example.com"]


def test_on_a_laptop_plain_http_works() -> None:
    found = settings_with()
    assert not found["SESSION_COOKIE_SECURE"]
    assert not found["SECURE_SSL_REDIRECT"]
    assert found["SECURE_HSTS_SECONDS"] == 0
    assert found["SECURE_PROXY_SSL_HEADER"] is None
    assert "localhost" in found["ALLOWED_HOSTS"]
    assert not found["DEBUG"]


def test_pages_may_load_nothing_from_elsewhere_and_run_nothing_inline() -> None:
    policy = settings_with()["CONTENT_SECURITY_POLICY"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert policy.endswith("form-action 'self'")


def test_files_may_come_from_the_cdn_that_was_named_and_nothing_else() -> None:
    policy = settings_with(STATIC_URL="https://cdn.example.com/witw/static/")["CONTENT_SECURITY_POLICY"]
    parts = dict(part.split(" ", 1) for part in policy.split("; "))
    for kind in ("script", "style", "font", "manifest", "worker"):
        assert parts[f"{kind}-src"] == "'self' https://cdn.example.com"
    assert parts["img-src"] == "'self' https://cdn.example.com data:"
    assert parts["connect-src"] == "'self'"


def test_the_login_form_may_lead_to_the_configured_providers() -> None:
    given = {
        f"{provider}_{part}": "x"
        for provider in ("GOOGLE", "GITHUB", "OIDC")
        for part in ("CLIENT_ID", "CLIENT_SECRET")
    }
    found = settings_with(OIDC_ISSUER="http://127.0.0.1:9000/realm", **given)
    policy = found["CONTENT_SECURITY_POLICY"]
    assert policy.endswith(
        "form-action 'self' https://accounts.google.com https://github.com http://127.0.0.1:9000"
    )
    assert [app["provider"] for app in found["LOGIN_PROVIDERS"]] == ["openid_connect", "google", "github"]


def test_djangos_own_checks_find_nothing_in_production() -> None:
    result = run(
        "manage.py", "check", "--deploy", "--fail-level", "WARNING", BASE_URL="https://witw.example.com"
    )
    assert result.returncode == 0, result.stderr


def test_a_command_says_what_is_wrong_without_a_traceback() -> None:
    result = run("manage.py", "check", SECRET_KEY="short", DB_PORT="many")
    assert result.returncode == 1
    assert "2 settings are wrong" in result.stderr
    assert "Traceback" not in result.stderr


def test_gunicorn_says_what_is_wrong_without_a_traceback() -> None:
    result = run("-m", "gunicorn", "-c", "config/gunicorn.py", SECRET_KEY="short")
    assert result.returncode == 1
    assert "SECRET_KEY: is too weak" in result.stderr
    assert "Traceback" not in result.stderr
