"""Where the base image comes from."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dev import base_image, catalogue, packages, settings, state
from dev.errors import ImageError
from tests.harness.conftest import Program

LOCAL = "127.0.0.1:1"
"""A registry that does not answer."""


@pytest.fixture
def chosen(tmp_path: Path) -> settings.Settings:
    """Settings with a cache of their own."""
    return settings.load(cache_dir=tmp_path / "cache")


@pytest.fixture
def engine_without_images(program: Program) -> Path:
    """An engine that has no image, cannot pull and notes what it is asked."""
    return program(
        "docker",
        'echo "$@" >> "$0.log"; case "$1" in image) exit 1;; pull) echo no route to host >&2; exit 1;; esac',
    )


@pytest.fixture
def mmdebstrap(program: Program) -> Path:
    """A bootstrap that takes no time."""
    return program(
        "mmdebstrap",
        'echo "$@" >> "$0.log"; for each; do case "$each" in *.tar) echo tar > "$each";; esac; done',
    )


def said(text: str) -> None:
    """What `say` does here."""


def test_what_the_engine_has_is_used_without_asking_anybody(base: str) -> None:
    chosen = settings.load(base_image=base)
    assert base_image.ensure(chosen, said) == (base, "")


def test_without_a_registry_it_is_made_and_kept(
    chosen: settings.Settings, engine_without_images: Path, mmdebstrap: Path
) -> None:
    reference, done = base_image.ensure(chosen, said)
    assert reference == base_image.own_tag()
    assert "made from the Debian archive" in done
    asked = engine_without_images.with_name("docker.log").read_text()
    assert f"pull {catalogue.load().base.reference}" in asked
    assert "import --change CMD" in asked
    assert "--dpkgopt=path-exclude=/usr/share/man/*" in mmdebstrap.with_name("mmdebstrap.log").read_text()

    base_image.ensure(chosen, said)
    assert len(mmdebstrap.with_name("mmdebstrap.log").read_text().splitlines()) == 1, (
        "it is kept in the cache"
    )
    assert engine_without_images.with_name("docker.log").read_text().count("pull") == 1, "and at hand at once"


def test_never_pulling_asks_no_registry(
    tmp_path: Path, engine_without_images: Path, mmdebstrap: Path
) -> None:
    base_image.ensure(settings.load(cache_dir=tmp_path, pull="never"), said)
    assert "pull debian" not in engine_without_images.with_name("docker.log").read_text()


def test_always_pulling_makes_nothing(tmp_path: Path, engine_without_images: Path, mmdebstrap: Path) -> None:
    with pytest.raises(ImageError, match="could not be pulled") as error:
        base_image.ensure(settings.load(cache_dir=tmp_path, pull="always"), said)
    assert error.value.details == "no route to host"
    assert not mmdebstrap.with_name("mmdebstrap.log").exists()


def test_a_mirror_takes_the_place_of_the_registry(tmp_path: Path, engine_without_images: Path) -> None:
    with pytest.raises(ImageError, match=r"127\.0\.0\.1:1/library/debian:trixie-slim@sha256:"):
        base_image.ensure(settings.load(cache_dir=tmp_path, mirror=LOCAL), said)


def test_a_registry_that_is_slow_is_not_waited_for(
    chosen: settings.Settings, program: Program, mmdebstrap: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base_image, "PROBE_TIMEOUT", 0.3)
    program("docker", 'case "$1" in image) exit 1;; pull) sleep 30;; esac')
    assert base_image.ensure(chosen, said)[0] == base_image.own_tag()


def test_a_registry_that_answers_is_given_its_time(
    chosen: settings.Settings, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base_image, "PROBE_TIMEOUT", 0.3)
    program("docker", 'case "$1" in image) exit 1;; pull) echo Pulling from library/debian; sleep 0.8;; esac')
    assert base_image.ensure(chosen, said) == (
        base_image.wanted(chosen),
        f"pulled {base_image.wanted(chosen)}",
    )
    assert state.stamp("base") == {"brought": [base_image.wanted(chosen)]}


def test_an_archive_that_cannot_be_reached_is_told(
    chosen: settings.Settings, engine_without_images: Path, program: Program
) -> None:
    program("mmdebstrap", "echo E: could not resolve >&2; exit 1")
    with pytest.raises(ImageError, match="could not be bootstrapped") as error:
        base_image.ensure(chosen, said)
    assert error.value.details == "E: could not resolve"
    assert list(chosen.cache_dir.rglob("*.tar")) == [], "nothing half-made is kept"


def test_a_tarball_that_the_engine_refuses_is_made_anew_the_next_time(
    chosen: settings.Settings, program: Program, mmdebstrap: Path
) -> None:
    program("docker", 'case "$1" in image|pull) exit 1;; import) echo unexpected EOF >&2; exit 1;; esac')
    with pytest.raises(ImageError, match="does not take the base image"):
        base_image.ensure(chosen, said)
    assert not base_image.tarball(chosen).exists()


@pytest.mark.parametrize("harm", ["changed", "cut", "without its checksum"])
def test_a_tarball_that_is_no_longer_what_was_made_is_made_anew(
    chosen: settings.Settings,
    engine_without_images: Path,
    mmdebstrap: Path,
    harm: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    base_image.ensure(chosen, said)
    file = base_image.tarball(chosen)
    made, found = file.read_bytes(), base_image.programs.checksum(file)
    if harm == "without its checksum":
        base_image.checksum_file(file).unlink()
    else:
        file.write_bytes(made[:-1] if harm == "cut" else made[:-1] + b"\x00")

    base_image.ensure(chosen, said)

    assert (file.read_bytes(), base_image.problem(file)) == (made, "")
    told = capsys.readouterr().err
    assert str(file) in told
    assert "making it anew" in told
    assert (found in told) == (harm != "without its checksum"), "the checksum is named"


def test_without_mmdebstrap_it_is_installed_where_we_may(
    chosen: settings.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr(packages, "can_install", lambda: False)
    assert base_image.tools_needed(chosen) == []
    with pytest.raises(ImageError, match="mmdebstrap, which would make the base image, is not installed"):
        base_image.bootstrap(chosen, said)

    asked: list[str] = []
    monkeypatch.setattr(packages, "can_install", lambda: True)
    monkeypatch.setattr(packages, "install", lambda *names: asked.extend(names))
    monkeypatch.setattr("dev.process.run", lambda *_, **__: None)
    monkeypatch.setattr("dev.archive.sources", lambda _: [])
    monkeypatch.setattr("dev.archive.apt_options", list)
    assert base_image.tools_needed(chosen) == ["mmdebstrap"]
    with pytest.raises(FileNotFoundError):
        base_image.bootstrap(chosen, said)  # the stand-in made no file
    assert asked == ["mmdebstrap"]


class Registry(BaseHTTPRequestHandler):
    """Answers like a registry that wants a login."""

    def do_GET(self) -> None:
        self.send_response(401)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Be quiet."""


def test_a_registry_that_wants_a_login_has_answered() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert base_image.registry_answers(settings.load(mirror=f"127.0.0.1:{server.server_port}"))
        server.shutdown()
    assert not base_image.registry_answers(settings.load(mirror=LOCAL))
    assert not base_image.registry_answers(settings.load(base_image=f"{LOCAL}/debian"))


@pytest.mark.parametrize(
    ("reference", "by_mirror"),
    [
        ("debian:13", "m:5000/library/debian:13"),
        ("team/app", "m:5000/team/app"),
        ("registry.test/team/app@sha256:1", "m:5000/team/app@sha256:1"),
        ("localhost/app", "m:5000/app"),
    ],
)
def test_a_mirror_knows_images_by_their_path(reference: str, by_mirror: str) -> None:
    assert catalogue.mirrored(reference, "m:5000") == by_mirror
    assert catalogue.mirrored(reference, "") == reference
