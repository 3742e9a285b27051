"""Cities enough for PostgreSQL to plan as it does in life."""

from django.db import connection

CITIES = 6_000


def fill_with_cities() -> None:
    """Add cities all over the world, with names of arbitrary letters."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO cities_city (id, name, ascii_name, search, aliases, country_id, latitude, longitude,
                                     population, kind, timezone)
            SELECT 100000000 + n, 'x', 'x', md5(n::text), '|' || md5('a' || n) || '|' || md5('b' || n) || '|',
                   'GB', (n::bigint * 7919 %% 1800) / 10.0 - 90, (n::bigint * 104729 %% 3600) / 10.0 - 180,
                   n, 'PPL', 'UTC'
            FROM generate_series(1, %s) n
            """,
            [CITIES],
        )
        cursor.execute("SELECT gin_clean_pending_list('cities_city_words_trgm')")
        cursor.execute("ANALYZE cities_city")
