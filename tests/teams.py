"""Teams made ahead, many at once: starting Django in a container takes longer than most tests."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

import httpx

from tests import people_kit
from tests.people_kit import Person


@dataclass
class Teams:
    """Teams that nobody has taken yet, by size.

    Args:
        manage: Runs manage.py in the stack and gives what it prints.
        url: Where people reach the stack.
        browsers: What closes their browsers.
        ahead: How many teams of which size are made whenever one of that size is missing.
        transport: Makes the way to the stack, where it is not an ordinary one.
    """

    manage: Callable[..., str]
    url: str
    browsers: ExitStack
    ahead: dict[int, int]
    transport: Callable[[], httpx.BaseTransport | None] = lambda: None
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
        sizes = [
            size for size, count in self.ahead.items() for _ in range(count) if not self.waiting.get(size)
        ]
        sizes += [wanted] * (wanted not in sizes)
        teams: list[dict[str, int | None]] = [
            dict.fromkeys(map("person{}".format, range(size))) for size in sizes
        ]
        for team in people_kit.make_teams(self.manage, self.url, teams, transport=self.transport):
            kept = [self.browsers.enter_context(person) for person in team]
            self.waiting.setdefault(len(team), []).append(kept)
