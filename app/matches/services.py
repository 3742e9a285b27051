"""What people do about their matches."""

from django.utils import timezone

from matches.models import Match
from people.models import User


def respond(match: Match, user: User, *, state: str | None = None, are_meeting: bool | None = None) -> None:
    """Set the state on the side of `user`, who is one of the two, and for both whether they meet.

    Writes only these columns: matching may be changing the days of the same row.

    Raises:
        Match.DoesNotExist: it has ceased to be one meanwhile.
    """
    changes: dict[str, str | bool] = {}
    if state is not None:
        changes["source_state" if user.pk == match.source_user_id else "target_state"] = state
    if are_meeting is not None:
        changes["are_meeting"] = are_meeting
    if not changes:
        return
    if not Match.objects.filter(pk=match.pk).update(**changes, modified=timezone.now()):
        raise Match.DoesNotExist
    for name, value in changes.items():
        setattr(match, name, value)
