"""The cities in the admin: to look up, not to edit, for the next import would undo it."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from cities.managers import CityQuerySet
from cities.models import City, CityImport, Country, Region


class ImportedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # at run time it takes no argument
    """Rows that `import_cities` writes: everything can be seen, nothing changed."""

    show_full_result_count = False  # the number of all rows is of no use beside that of the rows found

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Country)
class CountryAdmin(ImportedAdmin):
    """Countries."""

    list_display = ("name", "code", "code3", "capital", "currency", "tld")
    search_fields = ("name", "=code", "=code3", "capital")


@admin.register(Region)
class RegionAdmin(ImportedAdmin):
    """Regions of countries."""

    list_display = ("name", "code", "country")
    list_select_related = ("country",)
    list_filter = (("country", admin.RelatedOnlyFieldListFilter),)
    search_fields = ("name", "ascii_name", "=code", "country__name")


@admin.register(City)
class CityAdmin(ImportedAdmin):
    """Cities, found as the API finds them."""

    list_display = ("name", "country", "region", "population", "kind", "timezone")
    list_select_related = ("country", "region")
    list_filter = ("kind", ("country", admin.RelatedOnlyFieldListFilter))
    search_fields = ("search",)
    search_help_text = "The name, or the beginning of a name in another language"
    fields = (
        ("name", "ascii_name"),
        ("country", "region"),
        ("latitude", "longitude"),
        ("population", "kind", "timezone"),
        "other_names",
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[City], search_term: str
    ) -> tuple[QuerySet[City], bool]:
        """Search as the API does; also for the city fields of other pages."""
        assert isinstance(queryset, CityQuerySet)  # noqa: S101 (its manager's)
        return queryset.matching(search_term), False

    @admin.display(description="Other names, as a search compares them")
    def other_names(self, city: City) -> str:
        """What else the city is called."""
        return ", ".join(filter(None, city.aliases.split("|")))


@admin.register(CityImport)
class CityImportAdmin(ImportedAdmin):
    """When which data came in."""

    list_display = ("finished", "source", "cities", "regions", "countries", "changed", "version")
