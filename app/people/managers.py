"""Making people: the email address is the login name, and everybody is in a team."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth.base_user import BaseUserManager
from django.db import models

from matches import matching

if TYPE_CHECKING:
    from people.models import Team, User


class LowercaseEmailField(models.EmailField):  # type: ignore[type-arg]
    """An email address kept in lower case, so that a plain unique index makes it unique whatever the case."""

    def get_prep_value(self, value: Any) -> Any:
        prepared = super().get_prep_value(value)
        return prepared.lower() if isinstance(prepared, str) else prepared

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = self.get_prep_value(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value


class UserManager(BaseUserManager["User"]):
    """People by email address."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())

    def create_user(
        self, email: str, password: str | None = None, *, team: "Team | int", **fields: Any
    ) -> "User":
        """Create a person in `team`; without a password they can only log in through a provider."""
        if not email:
            raise ValueError("A person needs an email address: it is the login name.")
        team_id = team if isinstance(team, int) else team.pk  # a key: from Django's createsuperuser
        user = self.model(email=self.normalize_email(email), team_id=team_id, **fields)
        user.set_password(password)
        if user.home_city_id is None:
            user.save(using=self._db)
            return user
        with matching.locked(team_id):
            user.save(using=self._db)
            matching.home_changed(team_id, user.pk)
        return user

    def create_superuser(
        self, email: str, password: str | None = None, *, team: "Team | int", **fields: Any
    ) -> "User":
        """Create a person who may do everything in the admin."""
        return self.create_user(
            email, password, team=team, **{**fields, "is_staff": True, "is_superuser": True}
        )
