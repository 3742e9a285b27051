"""Who may come in through a provider, and into which team."""

from django.conf import settings
from django.db import connection, transaction

from people.models import Team, User

# Any number of our own: the first half of the advisory lock that orders the making of teams.
_LOCK = 7_246_001


class RefusedError(Exception):
    """Somebody is not let in; the message is for them."""


def check_email(email: str) -> None:
    """Refuse an address outside LOGIN_EMAIL_DOMAINS; without that list every address may be somebody's.

    Raises:
        RefusedError: with the domain that is not on the list.
    """
    domain = domain_of(email)
    if settings.LOGIN_EMAIL_DOMAINS and domain not in settings.LOGIN_EMAIL_DOMAINS:
        raise RefusedError(f"Addresses at {domain} cannot log in here.")


def check_person(user: User) -> None:
    """Refuse somebody whose account was switched off.

    Raises:
        RefusedError: it was.
    """
    if not user.is_active:
        raise RefusedError("This account has been switched off.")


def team_for(email: str) -> Team:
    """The team that a newcomer with this address joins, by the rule LOGIN_TEAM.

    Raises:
        RefusedError: the rule lets no newcomer in, or names a team that does not exist.
    """
    rule = settings.LOGIN_TEAM
    if not rule or not settings.LOGIN_EMAIL_DOMAINS:
        raise RefusedError("There is no account with this email address.")
    if rule == "domain":
        return _team_named(domain_of(email))
    try:
        return Team.objects.get(public_id=rule)
    except Team.DoesNotExist:
        raise RefusedError("The team that newcomers should join (LOGIN_TEAM) does not exist.") from None


def domain_of(email: str) -> str:
    """What stands behind the @, in lower case."""
    return email.rpartition("@")[2].lower()


def _team_named(name: str) -> Team:
    with transaction.atomic(), connection.cursor() as cursor:
        # Two first people at once must not found two teams.
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, name])
        named = Team.objects.filter(name=name[:64]).order_by("pk")
        return named.first() or Team.objects.create(name=name[:64])
