"""Trips: who is in which city from which day to which day, both included."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from people.public_ids import public_id_constraints, public_id_field
from people.stamps import Stamped
from trips.stays import Stay

NO_OVERLAP = "trip_no_overlap"


class Trip(Stamped):
    """One journey of one person.

    Book, change and cancel through `trips.services`, which keep the matches right.
    """

    public_id = public_id_field("trip")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="trips", db_index=False
    )
    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="trips")
    start = models.DateField()
    end = models.DateField()
    notes = models.TextField(
        blank=True, default="", help_text="Private: only the traveller sees them in the app."
    )

    class Meta:
        ordering = ("start", "id")
        constraints = (
            *public_id_constraints("trip"),
            models.CheckConstraint(
                condition=Q(start__lte=F("end")),
                name="trip_start_not_after_end",
                violation_error_code="invalid_date_range",
                violation_error_message="The last day must not be before the first day.",
            ),
            ExclusionConstraint(
                name=NO_OVERLAP,
                expressions=(("user", RangeOperators.EQUAL), (Stay("start", "end"), RangeOperators.OVERLAPS)),
                violation_error_code="overlapping_trip",
                violation_error_message="You cannot add an overlapping trip.",
            ),
            # What the matches' composite foreign keys refer to.
            models.UniqueConstraint(fields=("id", "user"), name="trip_id_user"),
        )
        # "Ended lately" of everybody in a team; it also serves the foreign key.
        indexes = (models.Index(fields=("user", "end"), name="trip_user_end"),)

    def __str__(self) -> str:
        return f"{self.public_id}: {self.start} to {self.end}"

    @property
    def version(self) -> str:
        """Another text after every change; what an ETag is made of."""
        return format(int(self.modified.timestamp() * 1_000_000), "x")

    def clean(self) -> None:
        super().clean()
        if self.start and self.end and self.start > self.end:
            raise ValidationError(
                {
                    "end": ValidationError(
                        "The last day must not be before the first day.", code="invalid_date_range"
                    )
                }
            )
