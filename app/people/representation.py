"""A person as the API shows them, built from columns without making model instances: lists are hot."""

from collections.abc import Collection
from typing import Any

from cities.representation import represent_all
from people.models import User

COLUMNS = ("pk", "public_id", "first_name", "avatar_url", "home_city_id", "email", "work_hours")


def represent(user: User) -> dict[str, Any]:
    """One person."""
    return _person(tuple(getattr(user, column) for column in COLUMNS), _cities([user.home_city_id]))


def represent_people(ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """People by primary key, in one query."""
    return from_rows(User.objects.filter(pk__in=set(ids)).order_by().values_list(*COLUMNS))


def from_rows(rows: Collection[tuple[Any, ...]]) -> dict[int, dict[str, Any]]:
    """People by primary key, in the order of rows of `COLUMNS`."""
    cities = _cities([row[4] for row in rows])
    return {row[0]: _person(row, cities) for row in rows}


def _person(row: tuple[Any, ...], cities: dict[int, dict[str, Any]]) -> dict[str, Any]:
    _, public_id, first_name, avatar_url, home_city, email, work_hours = row
    return {
        "id": public_id,
        "first_name": first_name,
        "avatar_url": avatar_url,
        "home_city": None if home_city is None else cities[home_city],
        "email": email,
        "work_hours": work_hours,
    }


def _cities(ids: list[int | None]) -> dict[int, dict[str, Any]]:
    return represent_all({city for city in ids if city is not None})
