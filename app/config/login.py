"""Which providers people may log in through: those that the environment has keys for."""

from typing import Any

from config.environment import Environment


def providers(env: Environment) -> list[dict[str, Any]]:
    """The configured providers, as fields of allauth's `SocialApp`."""
    return [
        provider
        for provider in (
            {
                "provider": "openid_connect",
                "provider_id": "oidc",
                "name": env.oidc_name,
                "client_id": env.oidc_client_id,
                "secret": env.oidc_client_secret.get_secret_value(),
                "settings": {"server_url": env.oidc_issuer},
            },
            {
                "provider": "google",
                "name": "Google",
                "client_id": env.google_client_id,
                "secret": env.google_client_secret.get_secret_value(),
            },
            {
                "provider": "github",
                "name": "GitHub",
                "client_id": env.github_client_id,
                "secret": env.github_client_secret.get_secret_value(),
            },
        )
        if provider["client_id"]
    ]


# What is asked of each, and PKCE for all.
PROVIDER_SETTINGS: dict[str, Any] = {
    "openid_connect": {"OAUTH_PKCE_ENABLED": True},
    "google": {"OAUTH_PKCE_ENABLED": True, "SCOPE": ["profile", "email"]},
    "github": {"OAUTH_PKCE_ENABLED": True, "SCOPE": ["user:email"]},
}
