"""The page's types are made from a copy of the schema, which says what the app answers."""

from pathlib import Path

from django.core.management import call_command

from dev.settings import ROOT

FILE = ROOT / "app" / "web" / "frontend" / "schema.json"


def test_the_page_is_built_against_the_api_that_there_is(tmp_path: Path) -> None:
    call_command("spectacular", "--format=openapi-json", f"--file={tmp_path / 'schema.json'}")
    mend = "cd app && python manage.py spectacular --format openapi-json --file web/frontend/schema.json"
    assert (tmp_path / "schema.json").read_text() == FILE.read_text(), f"the API has changed: {mend}"
