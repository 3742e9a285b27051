"""What `./witw bench app` measures inside the app: queries of each endpoint, and what changes cost.

Everything here needs the people that `trips.bench` makes, and changes nobody else.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median, quantiles
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.utils import timezone

from cities.models import City
from matches.models import Match
from people import services as people
from people.models import Team, User
from trips import bench, services
from trips.models import Trip

SEED = 2026
"""The same choices in every run, so that runs can be compared."""


@dataclass
class Cost:
    """One action: its queries, how long the app waited for them, and how long it all took."""

    queries: int = 0
    seconds: float = 0.0
    all_seconds: float = 0.0


@dataclass
class Costs:
    """The costs of one sort of action, done several times."""

    each: list[Cost] = field(default_factory=list)
    matches: list[int] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """Milliseconds in the database (p50, p95, most) and in all (p50), and the most queries."""
        times = sorted(1000 * cost.seconds for cost in self.each)
        return {
            "times": len(times),
            "p50_ms": round(median(times), 2),
            "p95_ms": round(quantiles(times, n=20, method="inclusive")[-1], 2),
            "most_ms": round(times[-1], 2),
            "all_p50_ms": round(1000 * median(cost.all_seconds for cost in self.each), 2),
            "queries": max(cost.queries for cost in self.each),
            "most_matches": max(self.matches),
        }


@contextmanager
def costing() -> Iterator[Cost]:
    """Count and time what is asked of the database; the end of a transaction is in the whole time only."""
    cost = Cost()
    all_begun = time.perf_counter()

    def count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        cost.queries += 1
        begun = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            cost.seconds += time.perf_counter() - begun

    with connection.execute_wrapper(count):
        yield cost
    cost.all_seconds = time.perf_counter() - all_begun


def endpoints(user: User, paths: list[str]) -> dict[str, Any]:
    """Log a person in and ask for each path.

    Returns:
        The key of the session, and by path the queries of a process that is warm and the bytes of the answer.
    """
    client = Client(headers={"host": settings.ALLOWED_HOSTS[0].removeprefix(".")})
    client.force_login(user)
    answers = {}
    for path in paths:
        client.get(path)
        with costing() as cost:
            answer = client.get(path)
        answers[path] = {
            "status": answer.status_code,
            "queries": cost.queries,
            "bytes": len(answer.content),
        }
    session = client.cookies[settings.SESSION_COOKIE_NAME]
    kept = client.session
    kept.set_expiry(timedelta(hours=1))
    kept.save()
    return {"cookie": f"{session.key}={session.value}", "paths": answers}


def bookings(team: Team, count: int) -> dict[str, Any]:
    """Book trips for people of a team, on days that are still free."""
    choose = random.Random(SEED)  # noqa: S311 (no secret)
    travellers = list(User.objects.filter(team=team))
    cities = list(Trip.objects.filter(user__team=team).values_list("city_id", flat=True)[:1000])
    today = timezone.now().date()
    costs = Costs()
    while len(costs.each) < count:
        start = today + timedelta(days=choose.randrange(300))
        end = start + timedelta(days=choose.randrange(4))
        with costing() as cost:
            try:
                trip = services.book(
                    choose.choice(travellers), city_id=choose.choice(cities), start=start, end=end
                )
            except ValidationError:  # they are away already
                continue
        costs.each.append(cost)
        costs.matches.append(Match.objects.filter(Q(source_trip=trip) | Q(target_trip=trip)).count())
    return costs.summary()


def moves(team: Team, count: int) -> dict[str, Any]:
    """Move people of a team to other homes, where team mates travel."""
    choose = random.Random(SEED)  # noqa: S311
    cities = list(City.objects.order_by("-population").values_list("pk", flat=True)[: bench.Crowd().cities])
    costs = Costs()
    for person in User.objects.filter(team=team)[:count]:
        home = choose.choice([city for city in cities if city != person.home_city_id])
        with costing() as cost:
            people.move_home(person, home)
        costs.each.append(cost)
        costs.matches.append(Match.objects.filter(Q(source_user=person) | Q(target_user=person)).count())
    return costs.summary()
