"""The part of a trip that shows inside other objects."""

from rest_framework import serializers

from cities.api import CitySerializer
from trips.models import Trip


class SimpleTripSerializer(serializers.Serializer[Trip]):
    """A trip without its traveller, for reading."""

    id = serializers.CharField()
    city = CitySerializer()
    start = serializers.DateField()
    end = serializers.DateField(help_text="The last day, included")
