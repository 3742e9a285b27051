"""Static files: hashed and compressed where `collectstatic` has run, else (tests, a checkout) as they are."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no type hints
    """Names with a hash of the content in them, so that browsers may keep them for ever."""

    def stored_name(self, name: str) -> str:
        """The hashed name; the plain one before `collectstatic` has written a manifest."""
        return super().stored_name(name) if self.hashed_files else name
