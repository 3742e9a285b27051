"""What browsers and caches are told about static files, this release's and earlier ones'."""

import gzip
from collections.abc import Callable, Iterator
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from assets import keeping
from assets.middleware import StaticMiddleware
from assets.models import StaticFile

Get = Callable[..., Any]
OLD = "web/style.0123456789ab.css"


def nothing_here(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=HTTPStatus.NOT_FOUND)


@pytest.fixture
def _collected(checkout: Path, settings: Any) -> None:
    """This process has the collected files."""
    settings.STATIC_ROOT = str(checkout / "staticfiles")
    settings.STORAGES = dict(settings.STORAGES)


@pytest.fixture
def get(_collected: None) -> Iterator[Get]:
    """Ask the middleware."""
    serve, answers = StaticMiddleware(nothing_here), []

    def ask(path: str, method: str = "get", **headers: str) -> Any:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        answers.append(serve(getattr(RequestFactory(), method)(path, headers=names)))
        return answers[-1]

    yield ask
    for answer in answers:
        if file := getattr(answer, "file_to_stream", None):
            file.close()


def style() -> str:
    """The address of our own style sheet."""
    return str(staticfiles_storage.url("web/style.css"))


@pytest.fixture
def kept(db: None) -> None:
    """An earlier release's style sheet, as that release's `prepare` stored it."""
    content = b"body { color: red } " * 100
    StaticFile.objects.create(path=OLD, content=content, superseded=timezone.now())
    StaticFile.objects.create(path=f"{OLD}.gz", content=gzip.compress(content), superseded=timezone.now())


@pytest.mark.parametrize(("accepted", "encoding"), [("br, gzip", "br"), ("gzip", "gzip"), ("", None)])
def test_a_file_comes_compressed_and_for_ever(get: Get, accepted: str, encoding: str | None) -> None:
    answer = get(style(), Accept_Encoding=accepted)
    assert answer.status_code == HTTPStatus.OK
    assert answer.headers.get("Content-Encoding") == encoding
    assert answer["Cache-Control"] == "max-age=31536000, public, immutable"
    assert answer["Vary"] == "Accept-Encoding"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Content-Type"] == 'text/css; charset="utf-8"'


def test_its_etag_is_its_content(get: Get) -> None:
    answer = get(style())
    assert answer["ETag"] == f'W/"{style().split(".")[-2]}"'
    again = get(style(), If_None_Match=answer["ETag"])
    assert again.status_code == HTTPStatus.NOT_MODIFIED
    assert again["ETag"] == answer["ETag"]


def test_a_name_without_a_hash_is_not_kept_for_long(get: Get) -> None:
    assert get("/static/web/style.css")["Cache-Control"] == "max-age=60, public"


@pytest.mark.parametrize(("accepted", "encoding"), [("br, gzip", "gzip"), ("br", None), ("", None)])
@pytest.mark.usefixtures("kept")
def test_a_file_of_an_earlier_release_comes_from_the_database(
    get: Get, accepted: str, encoding: str | None
) -> None:
    answer = get(f"/static/{OLD}", Accept_Encoding=accepted)
    assert answer.status_code == HTTPStatus.OK
    assert answer.headers.get("Content-Encoding") == encoding
    content = gzip.decompress(answer.content) if encoding else answer.content
    assert content.startswith(b"body { color: red }")
    assert answer["Cache-Control"] == "max-age=31536000, public, immutable"
    assert answer["ETag"] == 'W/"0123456789ab"'
    assert (answer["Vary"], answer["Access-Control-Allow-Origin"]) == ("Accept-Encoding", "*")
    assert answer["Content-Type"] == 'text/css; charset="utf-8"'


@pytest.mark.usefixtures("kept")
def test_an_earlier_file_that_the_browser_has_is_not_sent_again(get: Get) -> None:
    answer = get(f"/static/{OLD}", If_None_Match='W/"0123456789ab"')
    assert (answer.status_code, answer.content) == (HTTPStatus.NOT_MODIFIED, b"")


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    "path", ["/static/web/style.ffffffffffff.css", f"/{OLD}", "/static/../secret.0123456789ab.txt"]
)
def test_what_no_release_had_is_not_found(get: Get, path: str) -> None:
    assert get(path).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.usefixtures("kept")
def test_only_reading_is_possible(get: Get) -> None:
    assert get(f"/static/{OLD}", "post").status_code == HTTPStatus.NOT_FOUND


def test_names_that_cannot_be_hashed_ask_no_database(get: Get) -> None:
    assert get("/static/nothing.css").status_code == HTTPStatus.NOT_FOUND  # pytest-django forbids a query


@pytest.mark.usefixtures("_collected", "kept")
class TestKeeping:
    def test_this_releases_files_are_kept_in_all_forms(self) -> None:
        new, _ = keeping.keep(days=30)
        ours = style().removeprefix("/static/")
        stored = set(StaticFile.objects.filter(superseded=None).values_list("path", flat=True))
        assert {ours, f"{ours}.br", f"{ours}.gz"} <= stored
        assert new == len(stored)
        assert keeping.keep(days=30) == (0, 0)

    def test_earlier_files_stay_for_the_days_that_were_asked_for(self) -> None:
        assert keeping.keep(days=30)[1] == 0
        StaticFile.objects.filter(path=OLD).update(superseded=timezone.now() - timedelta(days=31))
        assert keeping.keep(days=30) == (0, 1)
        assert not StaticFile.objects.filter(path=OLD).exists()

    def test_the_days_begin_when_a_release_comes_without_the_file(self) -> None:
        StaticFile.objects.update(superseded=None)
        before = timezone.now()
        keeping.keep(days=30)
        assert StaticFile.objects.get(path=OLD).superseded >= before

    def test_a_file_that_comes_back_is_kept_again(self) -> None:
        keeping.keep(days=30)
        StaticFile.objects.update(superseded=timezone.now() - timedelta(days=29))
        keeping.keep(days=30)
        assert StaticFile.objects.get(path=style().removeprefix("/static/")).superseded is None


@pytest.mark.django_db
def test_a_checkout_keeps_nothing_and_forgets_nothing() -> None:
    StaticFile.objects.create(path=OLD, content=b"", superseded=timezone.now() - timedelta(days=99))
    assert keeping.keep(days=30) == (0, 0)
    assert StaticFile.objects.count() == 1
