"""`manage.py import_cities`: fill the tables of countries, regions and cities, or bring them up to date."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, OutputWrapper

from cities import download
from cities.bundle import file as bundle_file
from cities.bundle import geonames
from cities.bundle.records import BadDataError, Dataset
from cities.importing import BusyError, Outcome, import_dataset, is_newest

VANISHED_SHOWN = 5


class Command(BaseCommand):
    """See `help`."""

    help = (
        "Import the world's cities over 15,000 people, with their countries and regions (GeoNames, CC BY "
        "4.0). Repeat it at any time: rows are inserted and updated, never deleted; neither data that is "
        "already there nor a broken file changes anything."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        source = parser.add_mutually_exclusive_group()
        source.add_argument(
            "--file", type=Path, default=settings.CITIES_BUNDLE, help="a bundled file (default: %(default)s)"
        )
        source.add_argument(
            "--download",
            action="store_true",
            help=f"fetch GeoNames' dumps from {settings.GEONAMES_URL} instead",
        )
        parser.add_argument(
            "--data-dir",
            type=Path,
            default=settings.CITIES_DATA_DIR,
            help="writable folder in which --download keeps the dumps (default: %(default)s)",
        )
        parser.add_argument("--force", action="store_true", help="import even what was imported last")

    def handle(
        self, *args: Any, file: Path, download: bool, data_dir: Path, force: bool, **options: Any
    ) -> None:
        started = time.monotonic()
        progress = Progress(self.stdout, quiet=options["verbosity"] == 0)
        try:
            dataset = self._download(data_dir, force, progress) if download else self._read(file, force)
            if dataset is None:
                progress.end("Cities: already imported, nothing changed.")
                return
            outcome = import_dataset(dataset, progress)
        except (BadDataError, BusyError) as error:
            raise CommandError(str(error)) from error
        progress.end(
            f"Cities: {len(dataset.countries):,} countries, {len(dataset.regions):,} regions, "
            f"{len(dataset.cities):,} cities; {outcome.inserted:,} rows inserted, "
            f"{outcome.updated:,} updated in {time.monotonic() - started:.1f} s."
        )
        self._report_vanished(outcome)

    def _read(self, path: Path, force: bool) -> Dataset | None:
        bundle = bundle_file.read(path)
        return None if is_newest(bundle.version) and not force else bundle.dataset()

    def _download(self, folder: Path, force: bool, progress: Progress) -> Dataset | None:
        try:
            download.fetch_all(settings.GEONAMES_URL, folder, progress)
        except download.DownloadError as error:
            raise CommandError(str(error)) from error
        dataset = geonames.read(folder)
        return None if is_newest(dataset.version) and not force else dataset

    def _report_vanished(self, outcome: Outcome) -> None:
        if outcome.vanished:
            shown = "; ".join(outcome.vanished[:VANISHED_SHOWN])
            more = ", ..." if len(outcome.vanished) > VANISHED_SHOWN else ""
            self.stderr.write(
                f"{len(outcome.vanished):,} cities are no longer in the data and were kept, "
                f"for people may live there or go there: {shown}{more}"
            )


class Progress:
    """Says how far a step is: on a terminal in a line that changes, else in a line per tenth."""

    def __init__(self, stdout: OutputWrapper, *, quiet: bool) -> None:
        self._stdout = stdout
        self._quiet = quiet
        self._shown = ("", -1)

    def __call__(self, step: str, done: int, total: int) -> None:
        """Note that `done` of `total` rows or bytes of a step are done."""
        percent = 100 * done // total if total else 100
        live = self._stdout.isatty()
        shown = (step, percent if live else percent // 25 * 25)
        if self._quiet or shown == self._shown:
            return
        self._shown = shown
        line = f"{step}: {done:,} of {total:,} ({percent} %)"
        self._stdout.write(f"\r\033[K{line}" if live else line, ending="" if live else "\n")
        self._stdout.flush()

    def end(self, message: str) -> None:
        """Put the last line in place of the changing one."""
        if not self._quiet:
            self._stdout.write(f"\r\033[K{message}" if self._stdout.isatty() else message)
