"""What makes a key too weak to sign sessions with."""

MINIMUM_LENGTH = 50
MINIMUM_DISTINCT = 10
# Keys that stand in public code or documentation carry one of these.
GIVEAWAYS = (
    "django-insecure",
    "changeme",
    "change-me",
    "change_me",
    "replace",
    "example",
    "password",
    "secret",
)
MAKE_ONE = "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"


def refuse_weak(key: str) -> None:
    """Raise ValueError, without the key in it, for a key that could be guessed or looked up."""
    lowered = key.lower()
    if any(giveaway in lowered for giveaway in GIVEAWAYS):
        raise ValueError(f"is a well-known or placeholder key; {MAKE_ONE}")
    if len(key) < MINIMUM_LENGTH or len(set(key)) < MINIMUM_DISTINCT:
        raise ValueError(f"is too weak: it needs {MINIMUM_LENGTH} random characters; {MAKE_ONE}")
