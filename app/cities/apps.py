"""The cities app: GeoNames' countries, regions and cities, written by `import_cities` only."""

from django.apps import AppConfig


class CitiesConfig(AppConfig):
    name = "cities"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Cities of the world"
