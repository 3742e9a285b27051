"""Teams and the people in them."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone

from people.managers import LowercaseEmailField, UserManager
from people.public_ids import public_id_constraints, public_id_field
from people.stamps import Stamped
from people.work_hours import HasWorkHoursShape, check_work_hours


class Team(Stamped):
    """People who see one another's trips. Nothing is ever visible across teams."""

    public_id = public_id_field("team")
    name = models.CharField(max_length=64)

    class Meta:
        ordering = ("name", "id")
        constraints = public_id_constraints("team")

    def __str__(self) -> str:
        return self.name


class User(AbstractBaseUser, Stamped):
    """A person of a team, known by email address.

    There are no groups or permissions: staff may look at everything in the admin, superusers may also
    change it. Change `home_city` and `team` through `people.services`, which keep the matches right.
    """

    public_id = public_id_field("user")
    email = LowercaseEmailField()
    password = models.CharField(max_length=128, blank=True, default="")
    first_name = models.CharField(max_length=150, blank=True, default="")
    last_name = models.CharField(max_length=150, blank=True, default="")
    avatar_url = models.CharField("avatar URL", max_length=512, blank=True, default="")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="users")
    home_city = models.ForeignKey(
        "cities.City", on_delete=models.PROTECT, related_name="residents", null=True, blank=True
    )
    work_hours = models.JSONField(
        null=True,
        blank=True,
        validators=[check_work_hours],
        help_text='Nothing, or for example {"start": "09:00", "end": "17:30"}.',
    )
    is_staff = models.BooleanField("staff", default=False, help_text="May look at everything in the admin.")
    is_superuser = models.BooleanField(
        "superuser", default=False, help_text="May change everything in the admin."
    )
    is_active = models.BooleanField(
        "active", default=True, help_text="Unticked instead of deleting: cannot log in."
    )
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["team"]

    class Meta:
        ordering = ("first_name", "id")
        constraints = (
            *public_id_constraints("user"),
            models.UniqueConstraint(
                fields=("email",),
                name="user_email",
                violation_error_message="A person with this email address exists already.",
            ),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_lower_case"),
            models.CheckConstraint(condition=~Q(email=""), name="user_email_not_empty"),
            models.CheckConstraint(
                condition=HasWorkHoursShape(F("work_hours")), name="user_work_hours_shape"
            ),
            # What the matches' composite foreign keys refer to.
            models.UniqueConstraint(fields=("id", "team"), name="user_id_team"),
        )

    def __str__(self) -> str:
        return str(self.email)

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email

    def get_short_name(self) -> str:
        return self.first_name or self.email

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Whether an admin permission such as `trips.view_trip` is held: staff view, superusers do all."""
        if not self.is_active:
            return False
        return self.is_superuser or (self.is_staff and perm.rpartition(".")[2].startswith("view_"))

    def has_perms(self, perm_list: list[str], obj: object = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        """Whether an app shows in the admin at all."""
        return self.is_active and (self.is_staff or self.is_superuser)
