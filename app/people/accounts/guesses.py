"""How often a password may be guessed, counted in the database so that every container knows."""

import math
from datetime import timedelta
from typing import NamedTuple

from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from people.accounts.addresses import client_of
from web.models import GuessCount

WINDOW_MINUTES = 15
# From one place for one account; from one place for all accounts; from all places for one account. The last
# is high, for anybody can use it up and so keep somebody else out.
LIMIT_PAIR = 5
LIMIT_CLIENT = 50
LIMIT_ACCOUNT = 100

_COUNT = """
INSERT INTO web_guesscount AS seen (key, count, until)
SELECT key, 1, now() + %s * interval '1 minute' FROM unnest(%s::text[]) AS key
ORDER BY key
ON CONFLICT (key) DO UPDATE SET
    count = CASE WHEN seen.until < now() THEN 1 ELSE seen.count + 1 END,
    until = CASE WHEN seen.until < now() THEN excluded.until ELSE seen.until END
RETURNING key, count, until
"""


class Attempt(NamedTuple):
    """One guess, counted before its password is looked at, so that many at once are counted as well."""

    pair: str
    is_refused: bool

    def succeeded(self) -> None:
        """The owner has come: forget the wrong guesses from this place."""
        GuessCount.objects.filter(key=self.pair).delete()


def begin(request: HttpRequest | None, email: str) -> Attempt:
    """Count a guess for this account, whether it exists or not."""
    limits = _limits(request, email)
    GuessCount.objects.filter(until__lt=timezone.now()).delete()
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [WINDOW_MINUTES, list(limits)])
        counts = {key: count for key, count, _ in cursor.fetchall()}
    return Attempt(next(iter(limits)), any(counts[key] > limit for key, limit in limits.items()))


def minutes_to_wait(request: HttpRequest | None, email: str) -> int:
    """How long guesses for this account from here go on being refused, after one was; 0: none was."""
    limits = _limits(request, email)
    now = timezone.now()
    waits = [
        math.ceil((row.until - now) / timedelta(minutes=1))
        for row in GuessCount.objects.filter(key__in=limits, until__gt=now)
        if row.count > limits[row.key]
    ]
    return max(waits, default=0)


def _limits(request: HttpRequest | None, email: str) -> dict[str, int]:
    client, account = client_of(request), email.strip().lower()
    return {
        _key("pair", client, account): LIMIT_PAIR,
        _key("client", client): LIMIT_CLIENT,
        _key("account", account): LIMIT_ACCOUNT,
    }


def _key(*parts: str) -> str:
    """What is counted, unreadable: the table tells nobody who tried to log in from where."""
    return salted_hmac("people.guesses", "\n".join(parts), algorithm="sha256").hexdigest()
