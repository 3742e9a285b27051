"""Keeps static files in the database, so that every container can serve those of every release.

A page that was loaded before a rollout asks for its old files afterwards; and during one, a page of the new
release may ask a container of the old one. Not every cluster has volumes that pods can share, but each has
the database. Containers serve their own files from their image; this is for what they do not have.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import transaction
from django.db.models.functions import Length
from django.utils import timezone

from assets.models import StaticFile

# What `collectstatic` makes of each file, by the encoding that browsers ask for.
SUFFIXES = {"": "identity", ".br": "br", ".gz": "gzip"}
BATCH = 50


def keep(days: float) -> tuple[int, int]:
    """Store the hashed files of this release, and forget those that no release has had for `days`.

    Returns:
        How many files are new, and how many were forgotten.
    """
    files = dict(_files())
    if not files:  # a checkout, where nothing was collected
        return 0, 0
    now = timezone.now()
    known = set(StaticFile.objects.filter(path__in=files).values_list("path", flat=True))
    with transaction.atomic():
        new = sorted(files.keys() - known)
        for start in range(0, len(new), BATCH):
            StaticFile.objects.bulk_create(
                [
                    StaticFile(path=path, content=files[path].read_bytes())
                    for path in new[start : start + BATCH]
                ]
            )
        StaticFile.objects.filter(path__in=known, superseded__isnull=False).update(superseded=None)
        StaticFile.objects.exclude(path__in=files).filter(superseded__isnull=True).update(superseded=now)
        forgotten, _ = StaticFile.objects.filter(superseded__lt=now - timedelta(days=days)).delete()
    return len(new), forgotten


def find(path: str, accepted: str) -> tuple[bytes, str] | None:
    """The smallest form of a file that a browser with this `Accept-Encoding` takes, and its encoding."""
    offered = {path + suffix: name for suffix, name in SUFFIXES.items() if not suffix or name in accepted}
    found = (
        StaticFile.objects.filter(path__in=offered)
        .annotate(size=Length("content"))
        .order_by("size", "path")
        .first()
    )
    return (bytes(found.content), offered[found.path]) if found else None


def _files() -> Iterator[tuple[str, Path]]:
    root = Path(settings.STATIC_ROOT)
    for name in staticfiles_storage.hashed_files.values():  # type: ignore[attr-defined]
        for suffix in SUFFIXES:
            if (file := root / (name + suffix)).is_file():
                yield name + suffix, file
