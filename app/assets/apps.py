"""Static files: named by their content, served, and kept for a while after their release is gone."""

from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig


class AssetsConfig(AppConfig):
    name = "assets"


class CollectedConfig(StaticFilesConfig):
    """What `collectstatic` leaves alone: the files of DRF's pages, which are off, would be half of all."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "rest_framework"]
