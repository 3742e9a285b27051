"""Matches in the admin: to look at, for they follow from trips and homes."""

from django.contrib import admin
from django.http import HttpRequest

from matches.models import Match


@admin.register(Match)
class MatchAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic only to the type checker
    """Who meets whom."""

    list_display = (
        "public_id",
        "source_user",
        "target_user",
        "overlap_start",
        "overlap_end",
        "distance",
        "source_state",
        "target_state",
        "are_meeting",
    )
    list_select_related = ("source_user", "target_user")
    list_filter = ("are_meeting", "source_state", "target_state", ("team", admin.RelatedOnlyFieldListFilter))
    search_fields = (
        "=public_id",
        "source_user__email",
        "target_user__email",
        "source_trip__public_id",
        "target_trip__public_id",
    )
    ordering = ("-overlap_start", "-pk")
    date_hierarchy = "overlap_start"
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Match | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Match | None = None) -> bool:
        """Only along with a trip, a person or a team: alone it would come back with their next change."""
        here = request.resolver_match.url_name if request.resolver_match else None
        return super().has_delete_permission(request, obj) and not (here or "").startswith("matches_match")
