"""Find cities by what people type, biggest first."""

from __future__ import annotations

from functools import cached_property

from cities import memory
from cities.bundle import text
from cities.models import City
from cities.representation import Representation, represent_all

MOST_TOTALS = 1_000
TRIGRAM = 3
"""Only words of so many letters can use the trigram index."""


class CitySearch:
    """The cities that match a query, as a paginator wants them: `count()` and slices, of representations.

    Both together cost one query: a word of three letters or more leaves so few cities that all their ids are
    fetched at once. For anything else the total is counted once per process, and a page comes off the index
    on the order.
    """

    def __init__(self, query: str) -> None:
        self.words = tuple(text.words(query[: text.LONGEST_NAME + 1]))
        self._ids = City.objects.matching(query).values_list("id", flat=True)
        self._is_narrow = any(len(word) >= TRIGRAM for word in self.words)

    def count(self) -> int:
        """How many cities match."""
        if self._is_narrow:
            return len(self._all_ids)
        known = memory.current()
        total = known.totals.get(self.words)
        if total is None:
            total = self._ids.count()
            memory.remember(known.totals, self.words, total, MOST_TOTALS)
        return total

    def __getitem__(self, page: slice) -> list[Representation]:
        """The representations of a page of them."""
        ids = self._all_ids[page] if self._is_narrow else list(self._ids[page])
        cities = represent_all(ids)
        return [cities[city_id] for city_id in ids if city_id in cities]

    @cached_property
    def _all_ids(self) -> list[int]:
        return list(self._ids)
