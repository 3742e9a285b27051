"""Teams and people in the admin. Staff may look, superusers may change; matches follow every change."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.forms import UserChangeForm as DjangoUserChangeForm
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from matches import matching
from people import services
from people.models import Team, User


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic only to the type checker
    """Teams, with how many people they have."""

    list_display = ("name", "public_id", "people", "created")
    search_fields = ("name", "=public_id")
    ordering = ("name", "pk")  # of its own: counting people drops the model's
    readonly_fields = ("public_id", "created", "modified")
    actions = ("rebuild_matches",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        teams: QuerySet[Team] = super().get_queryset(request)
        return teams.annotate(people=Count("users"))

    @admin.display(ordering="people")
    def people(self, team: Any) -> int:
        """How many people are in it."""
        return int(team.people)

    @admin.action(description="Compute all matches afresh", permissions=["change"])
    def rebuild_matches(self, request: HttpRequest, teams: QuerySet[Team]) -> None:
        """For teams whose rows were changed past the app."""
        for team in teams:
            new, moved, gone = matching.rebuild(team.pk)
            messages.info(request, f"{team}: {len(new)} new, {len(moved)} changed, {len(gone)} gone.")


class UserCreationForm(AdminUserCreationForm):  # type: ignore[type-arg]
    """A new person: email address and team, with a password or without."""

    class Meta:
        model = User
        fields = ("email", "team")
        field_classes: dict[str, Any] = {}


class UserChangeForm(DjangoUserChangeForm):  # type: ignore[type-arg]
    """A person; the password is shown as its hash's summary."""

    class Meta:
        model = User
        fields = "__all__"
        field_classes: dict[str, Any] = {}


@admin.register(User)
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]
    """People by email address."""

    form = UserChangeForm
    add_form = UserCreationForm
    list_display = (
        "email",
        "first_name",
        "last_name",
        "team",
        "home_city",
        "is_staff",
        "is_active",
        "last_login",
    )
    list_select_related = ("team", "home_city")
    list_filter = ("is_active", "is_staff", "is_superuser", ("team", admin.RelatedOnlyFieldListFilter))
    search_fields = ("email", "first_name", "last_name", "=public_id", "team__name")
    ordering = ("email",)
    filter_horizontal = ()
    autocomplete_fields = ("team", "home_city")
    readonly_fields = ("public_id", "date_joined", "last_login", "created", "modified")
    fieldsets = (
        (None, {"fields": ("email", "password", "public_id")}),
        ("Person", {"fields": ("first_name", "last_name", "avatar_url", "team", "home_city", "work_hours")}),
        ("May", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("Dates", {"fields": ("last_login", "date_joined", "created", "modified")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "team", "home_city", "usable_password", "password1", "password2")}),
    )

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        services.save(obj)
