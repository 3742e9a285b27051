"""Changes to people that touch others: where they live, and in which team they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from matches import matching
from people.models import Team, User


@contextmanager
def locked_team_of(user: User, *others: int) -> Iterator[int]:
    """Lock the team that `user` is in (and `others`) for a transaction; gives its primary key.

    Raises:
        User.DoesNotExist: the person has been deleted meanwhile.
    """
    with matching.locked(user.team_id, *others):
        team = User.objects.values_list("team_id", flat=True).get(pk=user.pk)
        if team in (user.team_id, *others):
            yield team
            return
        # Somebody has changed their team since `user` was read.
        with matching.locked(team):
            yield team


def update(user: User, **changes: Any) -> None:
    """Set fields of a person but their team; a new home is followed by new matches."""
    for name, value in changes.items():
        setattr(user, name, value)
    if "home_city_id" not in changes:
        user.save(update_fields=[*changes, "modified"])
        return
    with locked_team_of(user) as team:
        user.save(update_fields=[*changes, "modified"])
        matching.home_changed(team, user.pk)


def move_home(user: User, city_id: int | None) -> None:
    """Give a person another home, or none."""
    update(user, home_city_id=city_id)


def change_team(user: User, team: Team) -> None:
    """Move a person, with home and trips, into another team."""
    user.team = team
    save(user)


def save(user: User) -> None:
    """Save a person as they are now, new or changed in whatever way; the matches follow."""
    stored = User.objects.filter(pk=user.pk).values_list("team_id", flat=True).first()
    if stored is None:
        with matching.locked(user.team_id):
            user.save()
            matching.home_changed(user.team_id, user.pk)
        return
    with locked_team_of(user, stored) as team:
        if team == user.team_id:
            user.save()
            matching.home_changed(team, user.pk)
            return
        user.save()
        matching.team_joined(user.team_id, user.pk, user.trips.values_list("pk", flat=True))
