"""When a row was made and last changed."""

from django.db import models


class Stamped(models.Model):
    """Base of every table of our own."""

    created = models.DateTimeField(auto_now_add=True)
    modified = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True
