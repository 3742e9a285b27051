"""Countries, regions and cities as GeoNames (https://www.geonames.org, CC BY 4.0) lists them.

`manage.py import_cities` owns these rows. Nothing else writes them, so they are immutable between two
imports, which is what `cities.representation` relies on.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex, GistIndex, OpClass
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from cities.managers import PLACE, CityManager


class Country(models.Model):
    """A country or territory, by its ISO 3166-1 code."""

    code = models.CharField(max_length=2, primary_key=True, help_text="ISO 3166-1 alpha-2")
    code3 = models.CharField(max_length=3, unique=True, help_text="ISO 3166-1 alpha-3")
    name = models.CharField(max_length=200)
    currency = models.CharField(max_length=3, null=True, blank=True, help_text="ISO 4217")  # noqa: DJ001 (null in the API)
    tld = models.CharField("top-level domain", max_length=10, blank=True, help_text="Without the dot")
    capital = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("name",)
        verbose_name_plural = "countries"

    def __str__(self) -> str:
        return self.name


class Region(models.Model):
    """A first-level administrative division of a country (GeoNames' admin1), such as England."""

    country = models.ForeignKey(Country, on_delete=models.PROTECT, related_name="regions", db_index=False)
    code = models.CharField(max_length=20, help_text="Unique within the country")
    name = models.CharField(max_length=200)
    ascii_name = models.CharField("ASCII name", max_length=200)

    class Meta:
        ordering = ("country_id", "name")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("country", "code"), name="cities_region_code_unique_in_country"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.country_id}"


class City(models.Model):
    """A populated place. Its primary key is its GeoNames id, which the API shows."""

    id = models.IntegerField("GeoNames id", primary_key=True)
    name = models.CharField(max_length=200)
    ascii_name = models.CharField("ASCII name", max_length=200)
    search = models.TextField(
        editable=False,
        help_text="What a search looks through: its names as cities.bundle.text.spellings() writes them",
    )
    aliases = models.TextField(
        editable=False,
        blank=True,
        help_text="Its names in other languages, as cities.bundle.text.aliases() writes them: "
        "a search matches their beginnings",
    )
    country = models.ForeignKey(Country, on_delete=models.PROTECT, related_name="cities")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True, blank=True, related_name="cities")
    latitude = models.FloatField(validators=[MinValueValidator(-90), MaxValueValidator(90)])
    longitude = models.FloatField(validators=[MinValueValidator(-180), MaxValueValidator(180)])
    population = models.BigIntegerField(default=0)
    kind = models.CharField(
        max_length=10, help_text="GeoNames feature code: PPLC is a capital, PPL any place"
    )
    timezone = models.CharField("time zone", max_length=40, help_text="IANA name")

    objects = CityManager()

    class Meta:
        ordering = ("-population", "ascii_name", "id")
        verbose_name_plural = "cities"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="cities_city_on_earth",
            ),
        ]
        indexes: ClassVar = [
            # One index for both columns: a search asks for a word in either.
            GinIndex(
                OpClass("search", "gin_trgm_ops"),
                OpClass("aliases", "gin_trgm_ops"),
                name="cities_city_words_trgm",
            ),
            GistIndex(PLACE, name="cities_city_place_earth"),
            models.Index(fields=("-population", "ascii_name", "id"), name="cities_city_biggest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.ascii_name}, {self.country_id}"


class CityImport(models.Model):
    """One finished import. The newest says which data the tables hold, and that they hold any.

    Its row is written in the transaction of the import itself, so there is none without its data.
    """

    version = models.CharField(
        max_length=100, help_text="Digest of the imported data: the same one is not imported twice"
    )
    source = models.CharField(max_length=500, help_text="The file or address it came from")
    countries = models.PositiveIntegerField()
    regions = models.PositiveIntegerField()
    cities = models.PositiveIntegerField()
    changed = models.PositiveIntegerField(help_text="Rows of the three tables that were inserted or updated")
    finished = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-id",)
        get_latest_by = "id"

    def __str__(self) -> str:
        return f"{self.cities} cities, {self.version[:12]}"
