"""Matches: two team mates who are near one another on the same days."""

from django.conf import settings
from django.db import models
from django.db.models import Deferrable, F, Q

from people.public_ids import public_id_constraints, public_id_field
from people.stamps import Stamped


class State(models.TextChoices):
    """What one of the two has done about a match."""

    UNSEEN = "unseen"
    SEEN = "seen"
    DISMISSED = "dismissed"


class Match(Stamped):
    """Source is the older account of the two, whoever travels; a null trip: that person is at home then.

    Rows are made and unmade by `matches.matching` only. Composite foreign keys (see the first migration) in
    place of plain ones hold that each trip is its own side's and that both people are in the match's team.
    """

    public_id = public_id_field("match")
    team = models.ForeignKey("people.Team", on_delete=models.CASCADE, related_name="+")
    source_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    target_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    source_trip = models.ForeignKey(
        "trips.Trip", on_delete=models.CASCADE, related_name="+", null=True, blank=True, db_constraint=False
    )
    target_trip = models.ForeignKey(
        "trips.Trip", on_delete=models.CASCADE, related_name="+", null=True, blank=True, db_constraint=False
    )
    distance = models.PositiveIntegerField(null=True, blank=True, help_text="Metres between the two places.")
    overlap_start = models.DateField()
    overlap_end = models.DateField(null=True, blank=True)
    source_state = models.CharField(
        max_length=9, choices=State.choices, default=State.UNSEEN, db_default=State.UNSEEN
    )
    target_state = models.CharField(
        max_length=9, choices=State.choices, default=State.UNSEEN, db_default=State.UNSEEN
    )
    are_meeting = models.BooleanField(default=False, db_default=False)

    class Meta:
        verbose_name_plural = "matches"
        ordering = ("overlap_start", "id")
        constraints = (
            *public_id_constraints("match"),
            models.CheckConstraint(
                condition=Q(source_user__lt=F("target_user")), name="match_source_before_target"
            ),
            models.CheckConstraint(
                condition=Q(source_trip__isnull=False) | Q(target_trip__isnull=False),
                name="match_somebody_travels",
            ),
            models.CheckConstraint(
                condition=Q(overlap_start__lte=F("overlap_end")), name="match_start_not_after_end"
            ),
            models.CheckConstraint(condition=Q(source_state__in=State.values), name="match_source_state"),
            models.CheckConstraint(condition=Q(target_state__in=State.values), name="match_target_state"),
            # Deferred, so that one statement may split a match and another shift it, in any order.
            models.UniqueConstraint(
                fields=("source_user", "target_user", "source_trip", "target_trip", "overlap_start"),
                name="match_once",
                nulls_distinct=False,
                deferrable=Deferrable.DEFERRED,
            ),
        )
        indexes = (
            # "My matches from today on" for either side; they also serve the foreign keys.
            models.Index(fields=("source_user", "overlap_end"), name="match_source_end"),
            models.Index(fields=("target_user", "overlap_end"), name="match_target_end"),
        )

    def __str__(self) -> str:
        return f"{self.public_id}: {self.overlap_start} to {self.overlap_end}"
