"""Which version of a trip a request is about: `ETag` in answers, `If-Match` in requests."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from django.utils.http import parse_etags
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from trips.models import Trip
from trips.services import ChangedMeanwhile

IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The `ETag` that the trip had when it was read; if it has another one by now, nothing is "
    "changed and the answer is 412. Left out: whatever it is now.",
)
ETAG = OpenApiParameter(
    "ETag",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Another one after every change of the trip",
    response=[HTTPStatus.OK, HTTPStatus.CREATED],
)


class PreconditionFailed(APIException):
    """The trip was changed since it was read, in another tab perhaps."""

    status_code = HTTPStatus.PRECONDITION_FAILED
    default_detail = "This trip was changed meanwhile."
    default_code = "changed_meanwhile"


def headers(trip: Trip) -> dict[str, str]:
    """What an answer with this trip carries."""
    return {"ETag": f'"{trip.version}"'}


def seen(request: Request) -> list[str]:
    """The versions that a request is meant for; none: any."""
    tags = parse_etags(request.headers.get("If-Match", ""))
    # A gateway that compresses answers makes their tags weak; they still stand for the same version.
    return [] if tags == ["*"] else [tag.removeprefix("W/").strip('"') for tag in tags]


@contextmanager
def conflict_reported() -> Iterator[None]:
    """Answer 412 where the trip is another one by now."""
    try:
        yield
    except ChangedMeanwhile as error:
        raise PreconditionFailed from error
