"""Login through OpenID Connect, from the button to the session, against a provider that really runs."""

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client, RequestFactory
from pytest_django import Settings

from people.accounts.adapters import AccountAdapter
from people.models import Team, User
from tests.unit.accounts.identity_provider import IdentityProvider
from tests.unit.factories import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db

ANNA = {
    "sub": "anna-1",
    "email": "Anna@example.com",
    "email_verified": True,
    "given_name": "Anna",
    "family_name": "Berg",
    "picture": "https://pictures.example.com/anna.png",
}


@pytest.fixture
def provider(settings: Settings) -> Iterator[IdentityProvider]:
    """The provider, configured, with Anna in front of it; her domain may log in, newcomers may not."""
    with IdentityProvider() as running:
        running.person = dict(ANNA)
        settings.LOGIN_PROVIDERS = running.configuration()
        settings.LOGIN_EMAIL_DOMAINS = ("example.com",)
        settings.LOGIN_TEAM = ""
        yield running


def log_in(client: Client, provider: IdentityProvider, next_page: str = "/trips") -> Any:
    """Press the button, agree at the provider, come back."""
    away = client.post("/login/oidc/", {"next": next_page})
    assert away.status_code == 302
    return client.get(provider.authorize(away["Location"]))


def who(client: Client) -> str | None:
    """The email address of whoever is logged in."""
    answer = client.get("/api/users/me")
    return str(answer.json()["email"]) if answer.status_code == 200 else None


def test_a_person_is_found_by_verified_email_address_and_goes_where_they_wanted(
    client: Client, provider: IdentityProvider
) -> None:
    anna = UserFactory(email="anna@example.com", first_name="Anni")
    answer = log_in(client, provider)
    assert (answer.status_code, answer["Location"]) == (302, "/trips")
    assert who(client) == "anna@example.com"
    assert SocialAccount.objects.get().user == anna


def test_a_person_who_was_linked_is_known_by_the_account_even_with_another_address(
    client: Client, provider: IdentityProvider
) -> None:
    UserFactory(email="anna@example.com")
    log_in(client, provider)
    client.post("/logout")
    provider.person["email"] = "anna.berg@example.com"
    log_in(client, provider)
    assert who(client) == "anna@example.com"
    assert User.objects.count() == 1


def test_the_providers_names_do_not_replace_ones_own(client: Client, provider: IdentityProvider) -> None:
    anna = UserFactory(email="anna@example.com", first_name="Anni")
    for _ in range(2):
        log_in(client, provider)
        client.post("/logout")
    anna.refresh_from_db()
    assert anna.first_name == "Anni"


def test_nobody_new_comes_in_without_a_rule_for_teams(client: Client, provider: IdentityProvider) -> None:
    answer = log_in(client, provider)
    assert answer.status_code == 403
    assert "There is no account with this email address." in answer.text
    assert who(client) is None
    assert not User.objects.exists()
    assert not SocialAccount.objects.exists()


def test_a_newcomer_joins_the_team_of_the_rule(
    client: Client, provider: IdentityProvider, settings: Settings
) -> None:
    team = TeamFactory()
    settings.LOGIN_TEAM = team.public_id
    log_in(client, provider)
    anna = User.objects.get()
    assert (anna.email, anna.first_name, anna.last_name) == ("anna@example.com", "Anna", "Berg")
    assert anna.avatar_url == ANNA["picture"]
    assert anna.team == team
    assert not anna.has_usable_password()
    assert not anna.is_staff
    assert who(client) == "anna@example.com"


def test_newcomers_of_one_domain_share_the_team_of_its_name(
    client: Client, provider: IdentityProvider, settings: Settings
) -> None:
    settings.LOGIN_TEAM = "domain"
    log_in(client, provider)
    provider.person |= {"sub": "bert-1", "email": "bert@example.com"}
    log_in(Client(), provider)
    assert Team.objects.get().name == "example.com"
    assert User.objects.filter(team__name="example.com").count() == 2


def test_a_rule_that_names_no_team_lets_nobody_in(
    client: Client, provider: IdentityProvider, settings: Settings
) -> None:
    settings.LOGIN_TEAM = "team_" + "x" * 24
    answer = log_in(client, provider)
    assert answer.status_code == 403
    assert "LOGIN_TEAM" in answer.text
    assert not User.objects.exists()


@pytest.mark.parametrize("known", [True, False])
def test_a_domain_that_is_not_on_the_list_is_refused(
    client: Client, provider: IdentityProvider, settings: Settings, known: bool
) -> None:
    if known:
        UserFactory(email="anna@example.com")
    settings.LOGIN_EMAIL_DOMAINS = ("example.org",)
    settings.LOGIN_TEAM = "domain"
    answer = log_in(client, provider)
    assert answer.status_code == 403
    assert "Addresses at example.com cannot log in here." in answer.text
    assert who(client) is None
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize("claims", [{"email_verified": False}, {"email": None}, {"email": ""}])
def test_an_address_that_is_not_verified_opens_nobodys_account(
    client: Client, provider: IdentityProvider, settings: Settings, claims: dict[str, Any]
) -> None:
    UserFactory(email="anna@example.com")
    settings.LOGIN_TEAM = "domain"
    provider.person |= claims
    answer = log_in(client, provider)
    assert answer.status_code == 403
    assert "not verified" in answer.text
    assert who(client) is None


def test_an_account_that_was_switched_off_stays_off(client: Client, provider: IdentityProvider) -> None:
    UserFactory(email="anna@example.com", is_active=False)
    answer = log_in(client, provider)
    assert answer.status_code == 403
    assert "switched off" in answer.text


def test_nobody_can_attach_a_providers_account_to_a_session(
    client: Client, provider: IdentityProvider, settings: Settings
) -> None:
    settings.LOGIN_TEAM = "domain"
    client.force_login(UserFactory(email="mallory@example.com"))
    away = client.post("/login/oidc/?process=connect")
    answer = client.get(provider.authorize(away["Location"]))
    assert answer.status_code == 403
    assert not SocialAccount.objects.exists()


def test_a_made_up_answer_of_the_provider_is_refused(client: Client, provider: IdentityProvider) -> None:
    away = client.post("/login/oidc/")
    back = provider.authorize(away["Location"])
    provider.codes.clear()
    answer = client.get(back)
    assert answer.status_code == 401
    assert "did not confirm who you are" in answer.text


def test_an_answer_that_nobody_asked_for_is_refused(client: Client, provider: IdentityProvider) -> None:
    assert client.get("/complete/oidc/?code=1&state=2").status_code == 401


def test_who_changes_their_mind_at_the_provider_is_back_at_the_login_page(
    client: Client, provider: IdentityProvider
) -> None:
    away = client.post("/login/oidc/")
    state = provider.authorize(away["Location"]).partition("state=")[2]
    answer = client.get(f"/complete/oidc/?error=access_denied&state={state}", follow=True)
    assert answer.redirect_chain[-1] == ("/login", 302)
    assert who(client) is None


def test_nobody_signs_up_by_themselves(client: Client) -> None:
    assert not AccountAdapter().is_open_for_signup(RequestFactory().get("/"))


def test_login_begins_with_a_form_not_with_a_link(client: Client, provider: IdentityProvider) -> None:
    answer = client.get("/login/oidc/")
    assert answer.status_code == 200
    assert "Log in with Example" in answer.text


def test_the_providers_are_told_which_request_calls_them(client: Client, provider: IdentityProvider) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    client.post("/login/oidc/", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    assert any(trace in header for header in provider.traceparents)


def test_the_login_page_shows_the_configured_providers_only(
    client: Client, provider: IdentityProvider, settings: Settings
) -> None:
    assert "Continue with Example" in client.get("/login").text
    settings.LOGIN_PROVIDERS = []
    assert "Continue with" not in client.get("/login").text


@pytest.mark.parametrize("name", ["google-oauth2", "github", "oidc", "other"])
def test_a_provider_that_is_not_configured_is_not_found(
    client: Client, settings: Settings, name: str
) -> None:
    settings.LOGIN_PROVIDERS = []
    assert client.post(f"/login/{name}/").status_code == 404
    assert client.get(f"/complete/{name}/").status_code == 404


@pytest.mark.parametrize(
    ("name", "provider", "place"),
    [
        ("google-oauth2", "google", "https://accounts.google.com/"),
        ("github", "github", "https://github.com/"),
    ],
)
def test_google_and_github_are_reached_by_the_addresses_that_they_know(
    client: Client, settings: Settings, name: str, provider: str, place: str
) -> None:
    settings.LOGIN_PROVIDERS = [{"provider": provider, "name": name, "client_id": "id", "secret": "secret"}]
    away = client.post(f"/login/{name}/")["Location"]
    assert away.startswith(place)
    assert f"complete%2F{name}%2F" in away
    assert "code_challenge=" in away
