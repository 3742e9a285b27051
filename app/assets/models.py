"""The static files of this release and of earlier ones."""

from django.db import models


class StaticFile(models.Model):
    """A file as `collectstatic` wrote it, its content's hash in its name: `assets.keeping`."""

    path = models.CharField(
        max_length=300,
        primary_key=True,
        help_text="Below STATIC_ROOT; `.br` and `.gz` are files of their own.",
    )
    content = models.BinaryField()
    superseded = models.DateTimeField(
        null=True, db_index=True, help_text="When a release came that does not have it."
    )

    def __str__(self) -> str:
        return self.path
