"""Work hours: null, or an object with exactly the two strings `start` and `end`."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import BooleanField, Func
from django.db.models.sql.compiler import SQLCompiler

KEYS = ("start", "end")
# Longer than any way to write a time of day, short enough to be sent with every person.
MAX_LENGTH = 64
# Not "invalid": for that a form field has a message of its own.
CODE = "malformed_work_hours"


def check_work_hours(value: object) -> None:
    """Raise ValidationError unless `value` has the shape of work hours."""
    if not isinstance(value, dict):
        raise ValidationError(f"{value!r} is not of type 'object'", code=CODE)
    for key in KEYS:
        if key not in value:
            raise ValidationError(f"{key!r} is a required property", code=CODE)
    for key, text in value.items():
        if key not in KEYS:
            raise ValidationError(
                f"Additional properties are not allowed ({key!r} was unexpected)", code=CODE
            )
        if not isinstance(text, str):
            raise ValidationError(f"{text!r} is not of type 'string'", code=CODE)
        if len(text) > MAX_LENGTH:
            raise ValidationError(f"{key!r} is longer than {MAX_LENGTH} characters", code=CODE)
        # PostgreSQL's jsonb stores neither NUL nor half of a surrogate pair.
        if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
            raise ValidationError(f"{text!r} holds a character that cannot be stored", code=CODE)


class HasWorkHoursShape(Func):
    """SQL for "is an object of the strings `start` and `end` and nothing else, or null".

    Null of SQL or of JSON: Django stores the one, but checks the other when it validates a model.
    """

    arity = 1
    output_field = BooleanField()

    def as_sql(  # type: ignore[override]  # a whole condition, not a call with arguments
        self, compiler: SQLCompiler, connection: Any
    ) -> tuple[str, list[str | int]]:
        column, params = compiler.compile(self.source_expressions[0])
        is_text = "IS NOT DISTINCT FROM 'string'"
        condition = (
            f"CASE WHEN jsonb_typeof({column}) = 'object' THEN {column} - 'start' - 'end' = '{{}}'::jsonb"
            f" AND jsonb_typeof({column} -> 'start') {is_text} AND jsonb_typeof({column} -> 'end') {is_text}"
            f" ELSE coalesce({column}, 'null'::jsonb) = 'null'::jsonb END"
        )
        return condition, [*params] * 5
