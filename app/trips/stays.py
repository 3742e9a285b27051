"""The time a trip takes up, in half days, so that the database can refuse overlaps.

A trip of several days begins in the evening of its first day and ends in the morning of its last, so that one
trip may start on the day another ends. A one-day trip takes the whole of its day: it shares that day with no
other trip, not even with the first or last day of a longer one.

    1..5    evening of 1 to morning of 5
    5..8    evening of 5 to morning of 8         fits after 1..5
    5..5    morning and evening of 5             fits with neither

Half days are counted from the morning of 2000-01-01.
"""

from typing import Any

from django.contrib.postgres.fields import IntegerRangeField
from django.db.models import Func
from django.db.models.sql.compiler import SQLCompiler

STAY_SQL = (
    "int4range(({start} - DATE '2000-01-01') * 2 + ({start} < {end})::int,"
    " ({end} - DATE '2000-01-01') * 2 + 2 - ({start} < {end})::int)"
)
# The half days of whole days: meets a stay exactly if the days of both meet, inclusively. So the index that
# refuses overlapping trips of one person also finds a person's trips around a date.
WHOLE_DAYS_SQL = "int4range(({start} - DATE '2000-01-01') * 2, ({end} - DATE '2000-01-01') * 2 + 2)"


class Stay(Func):
    """SQL for the half days that a trip takes, from its first and its last day."""

    arity = 2
    output_field = IntegerRangeField()

    def as_sql(  # type: ignore[override]  # an expression of its own, not a call
        self, compiler: SQLCompiler, connection: Any
    ) -> tuple[str, list[str | int]]:
        start, start_params = compiler.compile(self.source_expressions[0])
        end, end_params = compiler.compile(self.source_expressions[1])
        params = [*start_params, *start_params, *end_params, *end_params, *start_params, *end_params]
        return STAY_SQL.format(start=start, end=end), params
