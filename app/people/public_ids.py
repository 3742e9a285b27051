"""Public ids: what the outside world sees instead of primary keys.

A public id is `<prefix>_` and 24 random characters of [A-Za-z0-9]. The database makes it, so that a row has
one however it came in (ORM, bulk insert, COPY), and constraints hold its form and that it is unique.
"""

from typing import Any

from django.db import models
from django.db.models import CharField, Func, Q

# What a public id looks like in a URL, whatever it names.
PATTERN = r"[a-z]{2,5}_[A-Za-z0-9]{24}"


class RandomPublicId(Func):
    """SQL for a fresh public id.

    18 bytes are 24 characters of base 64. The 122 random bits of a version 4 UUID are spread over them by
    SHA-256, since PostgreSQL has no other strong source built in; `+` and `/` become letters.
    """

    template = (
        "(%(prefix)s || "
        "translate(encode(substring(sha256(uuid_send(gen_random_uuid())) for 18), 'base64'), '+/', 'Zz'))"
    )
    arity = 0

    def __init__(self, prefix: str) -> None:
        super().__init__(prefix=f"'{prefix}_'", output_field=CharField())
        self.prefix = prefix

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        return f"{type(self).__module__}.{type(self).__name__}", (self.prefix,), {}


def public_id_field(prefix: str) -> "models.CharField[str, str]":
    """A public id, made by the database and never edited. Its table takes `public_id_constraints` too."""
    return models.CharField(
        "public id", max_length=30, editable=False, blank=True, db_default=RandomPublicId(prefix)
    )


def public_id_constraints(prefix: str) -> tuple[models.BaseConstraint, ...]:
    """That the public ids of a table are unique and have the right form.

    Not `unique=True` at the field: that would add a second index, for LIKE, to every insert.
    """
    return (
        models.UniqueConstraint(fields=("public_id",), name=f"{prefix}_public_id"),
        models.CheckConstraint(
            condition=Q(public_id__regex=rf"^{prefix}_[A-Za-z0-9]{{24}}$"), name=f"{prefix}_public_id_format"
        ),
    )
