"""Work hours: null, or an object with exactly the two strings `start` and `end`."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import BooleanField, Func
from django.db.models.sql.compiler import SQLCompiler

KEYS = ("start", "end")
# Longer than any way to write a time of day, short enough to be sent with every person.
MAX_LENGTH = 64


def check_work_hours(value: object) -> None:
    """Raise ValidationError unless `value` has the shape of work hours."""
    if not isinstance(value, dict):
        raise ValidationError(f"{value!r} is not of type 'object'", code="invalid")
    for key in KEYS:
        if key not in value:
            raise ValidationError(f"{key!r} is a required property", code="invalid")
    for key, text in value.items():
        if key not in KEYS:
            raise ValidationError(
                f"Additional properties are not allowed ({key!r} was unexpected)", code="invalid"
            )
        if not isinstance(text, str):
            raise ValidationError(f"{text!r} is not of type 'string'", code="invalid")
        if len(text) > MAX_LENGTH:
            raise ValidationError(f"{key!r} is longer than {MAX_LENGTH} characters", code="invalid")
        # PostgreSQL's jsonb stores neither NUL nor half of a surrogate pair.
        if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
            raise ValidationError(f"{text!r} holds a character that cannot be stored", code="invalid")


class HasWorkHoursShape(Func):
    """SQL for "is an object of the strings `start` and `end`, and nothing else"."""

    arity = 1
    output_field = BooleanField()

    def as_sql(
        self, compiler: SQLCompiler, connection: Any, *args: Any, **kwargs: Any
    ) -> tuple[str, list[str | int]]:
        column, params = compiler.compile(self.source_expressions[0])
        condition = (
            f"CASE WHEN jsonb_typeof({column}) = 'object' THEN {column} - 'start' - 'end' = '{{}}'::jsonb"
            f" AND jsonb_typeof({column} -> 'start') IS NOT DISTINCT FROM 'string'"
            f" AND jsonb_typeof({column} -> 'end') IS NOT DISTINCT FROM 'string' ELSE {column} IS NULL END"
        )
        return condition, [*params] * 5
