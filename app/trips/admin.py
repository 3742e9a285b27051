"""Trips in the admin, with the app's own rules."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from trips import services
from trips.models import Trip


@admin.register(Trip)
class TripAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic only to the type checker
    """Trips, the latest first; matches follow every change. Whose it is stays; notes are private."""

    list_display = ("public_id", "user", "city", "start", "end")
    list_select_related = ("user", "city")
    list_filter = ("start", ("user__team", admin.RelatedOnlyFieldListFilter))
    search_fields = ("=public_id", "user__email", "user__first_name", "city__ascii_name")
    ordering = ("-start", "-pk")
    date_hierarchy = "start"
    show_full_result_count = False
    autocomplete_fields = ("user", "city")
    readonly_fields = ("public_id", "created", "modified")
    fields = ("public_id", "user", "city", ("start", "end"), ("created", "modified"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Trip]:
        return super().get_queryset(request).select_related("user", "city")

    def get_readonly_fields(self, request: HttpRequest, obj: Trip | None = None) -> tuple[str, ...]:
        return self.readonly_fields if obj is None else (*self.readonly_fields, "user")

    def save_model(self, request: HttpRequest, obj: Trip, form: Any, change: bool) -> None:
        if change:
            services.change(obj, city_id=obj.city_id, start=obj.start, end=obj.end)
        else:
            services.add(obj)

    def delete_model(self, request: HttpRequest, obj: Trip) -> None:
        services.cancel(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Trip]) -> None:
        for trip in queryset:
            services.cancel(trip)
