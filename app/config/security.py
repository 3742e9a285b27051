"""What browsers may do with the app's pages."""

from urllib.parse import urlsplit

from config.environment import Environment


def content_policy(env: Environment) -> str:
    """The Content-Security-Policy of every answer: everything from here (or our CDN), nothing inline.

    Browsers hold the redirect that follows a form against `form-action` too, so providers that the login form
    leads to are in it. OpenID providers may have their login page on another host than their issuer.
    """
    providers = {
        "https://accounts.google.com": bool(env.google_client_id),
        "https://github.com": bool(env.github_client_id),
        "https:": env.oidc_issuer.startswith("https:"),
        f"http://{urlsplit(env.oidc_issuer).netloc}": env.oidc_issuer.startswith("http:"),
    }
    actions = " ".join(["'self'", *(origin for origin, used in providers.items() if used)])
    files = f"'self' {env.static_origin}".rstrip()
    return "; ".join(
        [
            "default-src 'none'",
            *(f"{kind}-src {files}" for kind in ("script", "style", "font", "manifest", "worker")),
            f"img-src {files} data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            f"form-action {actions}",
        ]
    )
