"""Static files: hashed where `collectstatic` has run, else (tests, a checkout) as they are.

They are compressed by `python -m whitenoise.compress FOLDER`, apart from `collectstatic`: an image's build
repeats the one for every change of the code, the other only when a file has changed.
"""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class StaticFiles(ManifestStaticFilesStorage):
    """Names with a hash of the content in them, so that browsers may keep them for ever."""

    def stored_name(self, name: str) -> str:
        """The hashed name; the plain one before `collectstatic` has written a manifest."""
        return super().stored_name(name) if self.hashed_files else name
