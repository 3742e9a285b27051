"""The people of a load run: who is made, who is taken away, and what is said when that fails."""

import json
from pathlib import Path
from typing import Any

import pytest

from dev.errors import ProcessError, StackError
from dev.load import people

MADE = {"tag": "t", "people": [{"cookies": {"sessionid": "s1"}}, {"cookies": {"sessionid": "s2"}}]}


class App:
    """Answers as the app's shell does, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.wishes: list[dict[str, Any]] = []

    def __call__(self, code: str) -> str:
        scope: dict[str, Any] = {"main": self.wishes.append}
        exec(code.splitlines()[-1], scope)  # noqa: S102 - the call that ends the script
        answer = MADE if "make" in self.wishes[-1] else {"removed": 2}
        return f"a warning of Django's\n{json.dumps(answer)}\n"


def test_people_are_there_while_the_block_runs_and_gone_after_it(tmp_path: Path) -> None:
    app, file = App(), tmp_path / "people.json"

    with people.crowd(app, 2, file) as given:
        assert json.loads(given.read_text()) == MADE
        assert file.stat().st_mode & 0o077 == 0  # sessions are for nobody else to read

    assert app.wishes[0]["make"] == 2
    assert app.wishes[1:] == [{"tag": "t", "sessions": ["s1", "s2"]}]
    assert not file.exists()


def test_people_are_taken_away_when_the_block_fails(tmp_path: Path) -> None:
    app = App()

    with pytest.raises(KeyboardInterrupt), people.crowd(app, 2, tmp_path / "people.json"):
        raise KeyboardInterrupt
    assert len(app.wishes) == 2


def test_how_many_teams_went_is_told(tmp_path: Path) -> None:
    app, file = App(), tmp_path / "people.json"
    people.make(app, 2, file)

    assert people.remove(app, file) == 2


def test_every_crowd_has_a_tag_of_its_own(tmp_path: Path) -> None:
    app = App()

    assert people.make(app, 1, tmp_path / "one") != people.make(app, 1, tmp_path / "two")


def test_an_app_that_cannot_make_people_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    def manage(_: str) -> str:
        raise ProcessError(["docker"], returncode=1, timeout=None, env=None, stdout="", stderr="no cities")

    with pytest.raises(StackError, match="could not make") as caught:
        people.make(manage, 2, tmp_path / "people.json")
    assert caught.value.details == "no cities"
    assert "import_cities" in caught.value.remedy
    assert not (tmp_path / "people.json").exists()


@pytest.mark.parametrize("said", ["", "Traceback"])
def test_an_app_that_says_nothing_of_use_is_an_error_too(tmp_path: Path, said: str) -> None:
    with pytest.raises(StackError, match="did not say why"):
        people.make(lambda _: said, 2, tmp_path / "people.json")
