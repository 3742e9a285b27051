"""The format of a bundle: what was saved is read again, and nothing else is taken for it."""

import errno
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev import bundle_file, launch
from dev.bundle_file import FILE, WHEEL, Bundle, Writer, open_bundle
from dev.errors import BundleError, HostError

TOOL = b"a program " * 300_000
PACKAGES = {"first-1.0-py3-none-any.whl": b"one", "second-2.0-py3-none-any.whl": b"two" * 1000}
LONG = "state/charts/" + "a-folder-with-a-long-name/" * 8 + "values.yaml"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A bundle with two packages, a program and a file that lies deep."""
    path = tmp_path / "witw.bundle"
    with Writer(path) as writer:
        writer.tell(python=bundle_file.this_python(), requirements={"dev/requirements.txt": "abc"})
        for name, content in PACKAGES.items():
            writer.add(f"wheels/{name}", WHEEL, [content])
        writer.add("cache/tools/tool", FILE, pieces(TOOL), mode=0o755)
        writer.add(LONG, FILE, [b"deep: true\n"])
        writer.add("cache/tools/empty", FILE, [])
    return path


def pieces(content: bytes) -> Iterator[bytes]:
    stream = io.BytesIO(content)
    while piece := stream.read(70_001):
        yield piece


def content(bundle: Bundle, name: str) -> bytes:
    return b"".join(bundle.read(next(member for member in bundle.members if member.name == name)))


def damage(path: Path, place: int, content: bytes = b"X") -> None:
    with path.open("r+b") as file:
        file.seek(place)
        file.write(content)


def is_refused(path: Path) -> bool:
    try:
        open_bundle(path).verify()
    except BundleError:
        return True
    return False


def where(path: Path, text: bytes) -> int:
    return path.read_bytes().rindex(text)


def test_what_was_saved_is_read_again(path: Path) -> None:
    bundle = open_bundle(path)
    bundle.verify()
    assert content(bundle, "cache/tools/tool") == TOOL
    assert content(bundle, LONG) == b"deep: true\n"
    assert content(bundle, "cache/tools/empty") == b""
    [tool] = [member for member in bundle.members if member.name == "cache/tools/tool"]
    assert (tool.kind, tool.mode, tool.unpacked) == (FILE, 0o755, len(TOOL))
    assert not path.with_name("witw.bundle.part").exists()


def test_it_is_a_tar_file_that_anybody_can_read(path: Path) -> None:
    with tarfile.open(path) as tar:
        assert tar.getnames()[:3] == [
            bundle_file.LIST,
            bundle_file.LIST_SUM,
            f"wheels/{next(iter(PACKAGES))}",
        ]
        deep = tar.extractfile(LONG)
        assert deep is not None
        assert deep.read() == b"deep: true\n"


def test_the_same_content_gives_the_same_file(path: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    with Writer(again) as writer:
        bundle = open_bundle(path)
        writer.tell(**{name: value for name, value in bundle.facts.items() if name != "version"})
        for member in bundle.members:
            writer.add(member.name, member.kind, bundle.read(member), mode=member.mode)
    assert again.read_bytes() == path.read_bytes()


def test_a_damaged_member_is_named_with_both_checksums(path: Path) -> None:
    saved = next(member for member in open_bundle(path).members if member.name == "cache/tools/tool").sha256
    damage(path, where(path, b"a program "))
    with pytest.raises(BundleError, match=f"cache/tools/tool: its sha256 is [0-9a-f]{{64}}, .* {saved}"):
        open_bundle(path).verify()


def test_no_byte_can_be_changed_unnoticed(path: Path) -> None:
    whole = path.read_bytes()
    first = bundle_file._start()
    places = {
        "the name of the list": 3,
        "the list": 600,
        "the sum of the list": bundle_file.LIST_SIZE + 1024 + 5,
        "the header of a member": first + 1,
        "the owner in a header": first + 120,
        "the padding behind a member": first + 512 + 100,
        "a long name": where(path, b"a-folder-with"),
        "the end": len(whole) - 1,
    }
    for what, place in places.items():
        path.write_bytes(whole)
        damage(path, place)
        assert is_refused(path), f"{what} was changed and nobody noticed"


@pytest.mark.parametrize("kept", [0, 100, 5000, 600_000, -1, -2000])
def test_a_file_that_was_cut_off_is_refused(path: Path, kept: int) -> None:
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(BundleError) as error:
        open_bundle(path)
    assert error.value.remedy


def test_another_file_or_none_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"something else " * 1000)
    with pytest.raises(BundleError, match="is not a bundle"):
        open_bundle(other)
    with pytest.raises(BundleError, match="No such file"):
        open_bundle(tmp_path / "nothing")


def test_a_member_that_would_lie_elsewhere_is_refused(tmp_path: Path) -> None:
    for name in ("../../etc/passwd", "/etc/passwd"):
        with Writer(tmp_path / "evil") as writer:
            writer.add(name, FILE, [b"root"])
        with pytest.raises(BundleError, match="etc/passwd"):
            open_bundle(tmp_path / "evil")


def test_the_wheels_are_all_there_or_none(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "state/wheels"
    assert bundle_file.take_wheels(open_bundle(path), folder) == 2
    assert {file.name: file.read_bytes() for file in folder.glob("*.whl")} == PACKAGES
    assert json.loads((folder / bundle_file.WHEELS_FACTS).read_text())["requirements"]

    damage(path, where(path, b"twotwo"))
    with pytest.raises(BundleError, match=r"second-2\.0"):
        bundle_file.take_wheels(open_bundle(path), folder.with_name("other"))
    assert [file.name for file in folder.parent.iterdir()] == ["wheels"]


def test_wheels_for_another_python_are_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = open_bundle(path)
    monkeypatch.setattr(bundle_file, "this_python", lambda: "cpython-399 linux-x86_64")
    with pytest.raises(BundleError, match="this is cpython-399") as error:
        bundle_file.take_wheels(bundle, path.with_name("wheels"))
    assert "./witw bundle load" in error.value.remedy


def test_what_interrupts_the_saving_leaves_nothing(path: Path) -> None:
    whole = path.read_bytes()

    def interrupted() -> Iterator[bytes]:
        yield b"some"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Writer(path) as writer:
        writer.add("wheels/new", WHEEL, interrupted())
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert path.read_bytes() == whole, "the earlier bundle is as it was"


def test_a_full_disk_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    def full() -> Iterator[bytes]:
        yield b"some"
        raise OSError(errno.ENOSPC, "No space left on device")

    with (
        pytest.raises(HostError, match="No space left on device; nothing is left of it"),
        Writer(tmp_path / "new") as writer,
    ):
        writer.add("images", FILE, full())
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(HostError, match="cannot be written"), Writer(tmp_path / "no/such/folder/file"):
        pass


@pytest.mark.parametrize(
    ("words", "file"),
    [
        (["bundle", "load", "a.bundle"], "a.bundle"),
        (["bundle", "load", "--quiet", "a.bundle"], "a.bundle"),
        (["bundle", "load"], None),
        (["bundle", "load", "a.bundle", "--help"], None),
        (["bundle", "save", "a.bundle"], None),
        (["up"], None),
    ],
)
def test_the_launcher_knows_from_which_file_to_begin(words: list[str], file: str | None) -> None:
    assert launch.bundle_to_load(words) == (Path(file) if file else None)
