"""The app's settings: from values to a ConfigMap and files of Secrets, under the names that the app reads."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from config import environment
from dev.settings import ROOT
from tests.chart.rendering import CHART, EXAMPLES, Chart, Object, at, merged

# Compose mounts the host's bundle of authorities where TLS is intercepted: Python's settings, not the app's.
OF_PYTHON = {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"}

example = pytest.mark.parametrize("values", EXAMPLES, ids=lambda path: path.stem.removesuffix("-values"))


def secret_files(pod: Object) -> dict[str, tuple[str, str]]:
    """What is in the app's folder of secrets: file -> (Secret, key)."""
    (volume,) = [one["projected"] for one in pod["spec"]["volumes"] if one["name"] == "secrets"]
    secrets = [source["secret"] for source in volume["sources"]]
    return {item["path"]: (one["name"], item["key"]) for one in secrets for item in one["items"]}


@example
def test_the_app_knows_every_name_that_it_is_given(chart: Chart, values: Path) -> None:
    manifests = chart.render(values)
    known = set(environment.names())
    assert set(manifests.environment) <= known
    assert {name.upper() for name in secret_files(manifests.pod)} <= known
    if job := manifests.all("Job"):
        (container,) = job[0]["spec"]["template"]["spec"]["containers"]
        extra = {one["name"] for one in (yaml.safe_load(values.read_text()).get("extraEnv") or [])}
        assert {one["name"] for one in container["env"]} - extra <= known


def test_compose_and_chart_give_the_app_the_same_settings(chart: Chart) -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    told = set(compose["x-app-environment"]) - OF_PYTHON
    assert told <= set(environment.names())
    manifests = chart.render(at("config", {"ENVIRONMENT": "local", "STATIC_URL": "/static/"}))
    assert told - set(manifests.environment) == set()


def test_compose_and_chart_give_the_migrations_the_same_settings(chart: Chart) -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    told = set(compose["services"]["migrate"]["environment"]) - OF_PYTHON
    manifests = chart.render(at("config", {"ENVIRONMENT": "local", "STATIC_URL": "/static/"}))
    (container,) = manifests.job["spec"]["template"]["spec"]["containers"]
    assert told - {one["name"] for one in container["env"]} == set()


def test_compose_and_chart_agree_about_the_size_of_a_container(chart: Chart) -> None:
    compose = (ROOT / "compose.yaml").read_text()
    given = chart.render({}).environment
    assert f"WEB_WORKERS: ${{WITW_WEB_WORKERS:-{given['WEB_WORKERS']}}}" in compose
    assert f"WEB_THREADS: ${{WITW_WEB_THREADS:-{given['WEB_THREADS']}}}" in compose
    assert f"WEB_GRACEFUL_TIMEOUT: {given['WEB_GRACEFUL_TIMEOUT']}" in compose


def test_ports_folders_and_user_are_those_of_the_image(chart: Chart) -> None:
    image = (ROOT / "Dockerfile").read_text()
    manifests = chart.render({})
    fields = environment.Environment.model_fields
    ports = " ".join(str(one["containerPort"]) for one in manifests.app["ports"])
    assert f"EXPOSE {ports}" in image
    context = manifests.pod["spec"]["securityContext"]
    assert f"USER {context['runAsUser']}:{context['runAsGroup']}" in image
    for name in ("SECRETS_DIR", "CITIES_DATA_DIR", "PORT", "METRICS_PORT"):
        assert manifests.environment[name] == str(fields[name.lower()].default), name


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("INFO", "INFO"),
        ("{{ .Release.Name }}.example.com", "witw.example.com"),
        (["a.example.com", "{{ .Release.Name }}.example.com"], "a.example.com,witw.example.com"),
    ],
)
def test_texts_are_templated_and_lists_are_joined(chart: Chart, value: Any, text: str) -> None:
    given = chart.render(at("config", {"CSRF_TRUSTED_ORIGINS": value})).environment
    assert given["CSRF_TRUSTED_ORIGINS"] == text


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("NEAR_METRES", 1_000_000, "1000000"),
        ("DEBUG", False, "false"),
        ("SENTRY_TRACES_SAMPLE_RATE", 0.25, "0.25"),
    ],
)
def test_numbers_and_switches_are_written_out(chart: Chart, name: str, value: Any, text: str) -> None:
    assert chart.render(at("config", {name: value})).environment[name] == text


def test_an_existing_config_map_comes_before_the_own_one(chart: Chart) -> None:
    sources = chart.render({"existingConfigMap": "shared"}).app["envFrom"]
    assert [one["configMapRef"]["name"] for one in sources] == ["shared", "witw"]


def test_a_changed_setting_rolls_the_pods(chart: Chart) -> None:
    def annotation(*values: dict[str, Any]) -> str:
        return str(chart.render(*values).pod["metadata"]["annotations"]["checksum/config"])

    assert annotation({}) == annotation(at("config.BASE_URL", "https://witw.example.com"))
    assert annotation({}) != annotation(at("config.LOG_LEVEL", "DEBUG"))
    assert annotation({}) != annotation(at("database.host", "elsewhere"))


def test_a_new_revision_of_the_secrets_rolls_the_pods(chart: Chart) -> None:
    before, after = (
        chart.render(at("secrets.revision", one)).pod["metadata"]["annotations"] for one in ("1", "2")
    )
    assert (before["witw/secrets-revision"], after["witw/secrets-revision"]) == ("1", "2")


def test_secrets_are_files_with_the_names_of_settings(chart: Chart) -> None:
    secrets = {
        "django": {"name": "keys", "key": "current", "fallbacksKey": "earlier"},
        "database": {
            "name": "db",
            "hostKey": "host",
            "portKey": "port",
            "nameKey": "dbname",
            "userKey": "user",
        },
        "sentry": {"name": "sentry"},
        "oidc": {"name": "oidc", "clientIdKey": "id"},
        "google": {"name": "google"},
        "github": {"name": "github"},
        "demo": {"name": "demo"},
    }
    config = {"OIDC_ISSUER": "https://login.example.com", "ENVIRONMENT": "local"}
    assert secret_files(chart.render({"secrets": secrets, "config": config}).pod) == {
        "secret_key": ("keys", "current"),
        "secret_key_fallbacks": ("keys", "earlier"),
        "db_password": ("db", "password"),
        "db_host": ("db", "host"),
        "db_port": ("db", "port"),
        "db_name": ("db", "dbname"),
        "db_user": ("db", "user"),
        "sentry_dsn": ("sentry", "dsn"),
        "oidc_client_id": ("oidc", "id"),
        "oidc_client_secret": ("oidc", "client_secret"),
        "google_client_id": ("google", "client_id"),
        "google_client_secret": ("google", "client_secret"),
        "github_client_id": ("github", "client_id"),
        "github_client_secret": ("github", "client_secret"),
        "demo_password": ("demo", "demo_password"),
    }


def test_what_the_secret_says_about_the_database_is_not_said_again(chart: Chart) -> None:
    manifests = chart.render(at("secrets.database", {"hostKey": "host", "userKey": "user"}))
    assert {"DB_HOST", "DB_USER"} & set(manifests.environment) == set()
    assert {"DB_PORT", "DB_NAME"} <= set(manifests.environment)


@pytest.mark.parametrize("kind", ["secret", "configMap"])
def test_the_database_is_verified_with_its_authority(chart: Chart, kind: str) -> None:
    manifests = chart.render(
        at("database", {"sslmode": "verify-full", "ca": {kind: "db-ca", "key": "root.pem"}})
    )
    (volume,) = [one for one in manifests.pod["spec"]["volumes"] if one["name"] == "database-ca"]
    (mount,) = [one for one in manifests.app["volumeMounts"] if one["name"] == "database-ca"]
    source = volume[kind]
    assert source.get("secretName", source.get("name")) == "db-ca"
    assert source["items"] == [{"key": "root.pem", "path": "ca.crt"}]
    assert manifests.environment["DB_SSLROOTCERT"] == f"{mount['mountPath']}/ca.crt"


def test_the_app_answers_to_every_host_that_leads_to_it(chart: Chart) -> None:
    routes = {
        "httpRoute": {
            "enabled": True,
            "parentRefs": [{"name": "public"}],
            "hostnames": ["witw.example.com", "*.example.org"],
            "internal": {
                "enabled": True,
                "parentRefs": [{"name": "internal"}],
                "hostnames": ["inside.example"],
            },
        },
        "config": {"ALLOWED_HOSTS": ["other.example"]},
    }
    assert chart.render(routes).environment["ALLOWED_HOSTS"] == "other.example,.example.org,inside.example"
    assert "ALLOWED_HOSTS" not in chart.render({}).environment


def test_examples_stand_alone() -> None:
    for path in EXAMPLES:
        values = yaml.safe_load(path.read_text())
        assert merged(values)["secrets"]["django"]["name"], path.name
    assert len(EXAMPLES) == len(list((CHART / "ci").iterdir()))
