"""Teams made ahead, many at once: starting Django in a container takes longer than most tests."""

from dataclasses import dataclass, field

import httpx

from tests import people_kit
from tests.compose.stack import Stack
from tests.people_kit import Person

AHEAD = {1: 16, 2: 16, 3: 8}
"""How many teams of which size are made whenever one of that size is missing."""


@dataclass
class Teams:
    """Teams that nobody has taken yet, by size."""

    stack: Stack
    waiting: dict[int, list[list[Person]]] = field(default_factory=dict)

    def take(self, **homes: int | None) -> list[Person]:
        """A team of people with these names, each with a home city (or None), logged in already."""
        if not self.waiting.get(len(homes)):
            self._make(len(homes))
        team = self.waiting[len(homes)].pop()
        for person, (name, home) in zip(team, homes.items(), strict=True):
            changes = {"first_name": name.title()} | ({"home_city": home} if home else {})
            answer = person.patch("/api/users/me", json=changes)
            assert answer.status_code == httpx.codes.OK, answer.text
        return team

    def _make(self, wanted: int) -> None:
        sizes = [size for size, count in AHEAD.items() for _ in range(count) if not self.waiting.get(size)]
        sizes += [wanted] * (wanted not in sizes)
        teams: list[dict[str, int | None]] = [
            dict.fromkeys(map("person{}".format, range(size))) for size in sizes
        ]
        for team in people_kit.make_teams(self.stack.manage, self.stack.url, teams):
            self.waiting.setdefault(len(team), []).append([self._keep(person) for person in team])

    def _keep(self, person: Person) -> Person:
        return self.stack.browsers.enter_context(person)
