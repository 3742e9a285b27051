"""Input fields that take JSON's own types only, and no look-alikes."""

import re
from datetime import date
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cities.models import City

# What fits into the column; a greater number is no city's.
MAX_INTEGER = 2**31 - 1


class TextField(serializers.CharField):
    """A string. DRF's takes numbers too."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class FlagField(serializers.BooleanField):
    """True or false. DRF's takes "yes", "off", 1 and more."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


@extend_schema_field(OpenApiTypes.DATE)
class DayField(serializers.Field[date, Any, str, date]):
    """A calendar day, YYYY-MM-DD. DRF's takes "2040-1-1" too."""

    default_error_messages = {
        "invalid": "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.",
    }

    def to_internal_value(self, data: Any) -> date:
        if not isinstance(data, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", data):
            self.fail("invalid")
        try:
            return date.fromisoformat(data)
        except ValueError:  # such as 30 February or the year 0
            self.fail("invalid")

    def to_representation(self, value: date) -> str:
        return value.isoformat()


@extend_schema_field({"type": "integer", "example": 2643743})
class CityIdField(serializers.Field[int, Any, int, int]):
    """The id of a city that exists. A number written as a string passes, as it always did."""

    default_error_messages = {
        "does_not_exist": 'Invalid pk "{pk}" - object does not exist.',
        "incorrect_type": "Incorrect type. Expected pk value, received {data_type}.",
    }

    def to_internal_value(self, data: Any) -> int:
        number = self._integer(data)
        if not 0 <= number <= MAX_INTEGER or not City.objects.filter(pk=number).exists():
            self.fail("does_not_exist", pk=data)
        return number

    def to_representation(self, value: int) -> int:
        return value

    def _integer(self, data: Any) -> int:
        if isinstance(data, int) and not isinstance(data, bool):
            return data
        if isinstance(data, float) and data.is_integer():  # 5.0 is an integer to JSON
            return int(data)
        if not isinstance(data, str) or not re.fullmatch(r"[0-9]{1,18}", data):
            self.fail("incorrect_type", data_type=type(data).__name__)
        return int(data)
