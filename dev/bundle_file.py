"""The format of a bundle: written and read as a stream, with a checksum for every member and for the whole.

A bundle is a tar file, so that everybody can look into it. Its first member is the list of all others with
their sizes and sha256, its second the sha256 of that list, which thereby stands for the whole. As all sizes
are known from the list, so is every byte between the members: no change goes unnoticed.

Standard library only: the launcher takes the wheels out before there is anything else.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, BinaryIO, Self

from dev.errors import BundleError, HostError

LIST, LIST_SUM = "witw-bundle.json", "witw-bundle.sha256"
LIST_SIZE = 512 * 1024
"""Bytes that are kept free for the list, which is complete only when all else is written."""

VERSION = 1
BLOCK = 512
END = bytes(2 * BLOCK)
CHUNK = 1024 * 1024

WHEEL, FILE, IMAGES = "wheel", "file", "images"
"""Kinds of members: a Python package; a file, packed; the engine's images, packed."""

WHEELS = "wheels"
WHEELS_FACTS = "witw-bundle.json"
"""In a folder of wheels: the bundle that they came with."""

Pack = Callable[[Iterable[bytes]], Iterator[bytes]]
OnBytes = Callable[[int], None]


@dataclass(frozen=True)
class Member:
    """One member: its size in the bundle and unpacked, in bytes, and the sha256 of what is in the bundle."""

    name: str
    kind: str
    size: int
    unpacked: int
    sha256: str
    mode: int = 0o644


@dataclass(frozen=True)
class Bundle:
    """A bundle that can be read."""

    path: Path
    facts: dict[str, Any]
    members: list[Member]
    checksum: str

    def of_kind(self, kind: str) -> list[Member]:
        """The members of a kind."""
        return [member for member in self.members if member.kind == kind]

    def read(self, member: Member) -> Iterator[bytes]:
        """What a member holds, as it is in the bundle.

        Raises:
            BundleError: After the last byte, when it is not what was saved.
        """
        found = hashlib.sha256()
        with self.path.open("rb") as file:
            file.seek(self._offset(member))
            header = _header(member.name, member.size)
            if file.read(len(header)) != header:
                raise self._damaged(member.name, "what stands before it was changed")
            left = member.size
            while left and (data := file.read(min(CHUNK, left))):
                found.update(data)
                left -= len(data)
                yield data
            if left or found.hexdigest() != member.sha256:
                raise self._damaged(
                    member.name, f"its sha256 is {found.hexdigest()}, it was saved as {member.sha256}"
                )
            padding = file.read(_padded(member.size) - member.size)
            if padding.strip(b"\0"):
                raise self._damaged(member.name, "what stands behind it was changed")

    def verify(self, on_bytes: OnBytes = lambda _: None) -> None:
        """Read everything once.

        Raises:
            BundleError: A member is damaged; it is named, with both checksums.
        """
        for member in self.members:
            for data in self.read(member):
                on_bytes(len(data))
        with self.path.open("rb") as file:
            file.seek(-len(END), os.SEEK_END)
            if file.read() != END:
                raise self._damaged("the end", "it was changed")

    def _offset(self, wanted: Member) -> int:
        offset = _start()
        for member in self.members:
            if member is wanted:
                return offset
            offset += _length(member)
        raise KeyError(wanted.name)

    def _damaged(self, name: str, how: str) -> BundleError:
        return BundleError(
            f"{self.path} is damaged: {name}: {how}",
            remedy="copy the file again, or save it again (./witw bundle save FILE); nothing of it was used",
        )


class Writer:
    """Writes a bundle aside; it gets its name when it is whole. Use it as a context manager."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.part = path.with_name(f"{path.name}.part")
        self.members: list[Member] = []
        self._facts: dict[str, Any] = {}

    def __enter__(self) -> Self:
        try:
            self._file: BinaryIO = self.part.open("wb")
        except OSError as error:
            raise HostError(
                f"{self.part} cannot be written: {error.strerror}", remedy="name a file in another folder"
            ) from error
        self._file.seek(_start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._finish()
                self.part.replace(self.path)
        except OSError as failure:
            raise self._no_room(failure) from failure
        finally:
            with contextlib.suppress(OSError):
                self._file.close()
            self.part.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise self._no_room(error) from error

    def add(
        self,
        name: str,
        kind: str,
        source: Iterable[bytes],
        *,
        pack: Pack | None = None,
        mode: int = 0o644,
        on_bytes: OnBytes = lambda _: None,
    ) -> Member:
        """Append a member from a stream of any length.

        Args:
            name: Its name in the bundle.
            kind: One of the kinds above.
            source: What it holds.
            pack: Makes of that what is written.
            mode: Permissions of the file when it is unpacked.
            on_bytes: Told the size of every piece of the source.
        """
        unpacked = 0

        def counted() -> Iterator[bytes]:
            nonlocal unpacked
            for data in source:
                unpacked += len(data)
                on_bytes(len(data))
                yield data

        where, size, found = self._file.tell(), 0, hashlib.sha256()
        self._file.write(bytes(len(_header(name, 0))))
        for data in pack(counted()) if pack else counted():
            self._file.write(data)
            found.update(data)
            size += len(data)
        self._file.write(bytes(_padded(size) - size))
        end = self._file.tell()
        self._file.seek(where)
        self._file.write(_header(name, size))
        self._file.seek(end)
        self.members.append(Member(name, kind, size, unpacked, found.hexdigest(), mode))
        return self.members[-1]

    def tell(self, **facts: Any) -> None:
        """Put facts about the whole into the list."""
        self._facts.update(facts)

    @property
    def checksum(self) -> str:
        """The sha256 of the list, and so of the whole."""
        return hashlib.sha256(self._list()).hexdigest()

    def _list(self) -> bytes:
        listed = {"version": VERSION, **self._facts, "members": [asdict(member) for member in self.members]}
        text = json.dumps(listed, indent=1).encode() + b"\n"
        if len(text) > LIST_SIZE:
            raise BundleError(
                f"a bundle of {len(self.members)} members is more than the format holds",
                remedy="raise LIST_SIZE in dev/bundle_file.py",
            )
        return text.ljust(LIST_SIZE, b"\n")

    def _finish(self) -> None:
        self._file.write(END)
        listed = self._list()
        self._file.seek(0)
        for name, data in ((LIST, listed), (LIST_SUM, f"{self.checksum}\n".encode())):
            self._file.write(_header(name, len(data)) + data.ljust(_padded(len(data)), b"\0"))
        self._file.flush()
        os.fsync(self._file.fileno())

    def _no_room(self, error: OSError) -> HostError:
        return HostError(
            f"{self.path} could not be written: {error.strerror}; nothing is left of it",
            remedy="free some room there, or name a file on another disk",
        )


def open_bundle(path: Path) -> Bundle:
    """Read the list of a bundle and make sure that it is whole and that nothing is missing behind it.

    Raises:
        BundleError: It is not there, no bundle, cut off, or its list is damaged.
    """
    again = "copy the file again, or save it again (./witw bundle save FILE)"
    try:
        with path.open("rb") as file:
            head, size = file.read(_start()), os.fstat(file.fileno()).st_size
    except OSError as error:
        raise BundleError(
            f"{path} cannot be read: {error.strerror}", remedy="./witw bundle load FILE, with a saved bundle"
        ) from error
    if head[:BLOCK] != _header(LIST, LIST_SIZE):
        raise BundleError(
            f"{path} is not a bundle of ./witw", remedy="name a file that `./witw bundle save FILE` has made"
        )
    if len(head) < _start():
        raise BundleError(f"{path} is cut off: it ends within its list", remedy=again)
    listed = head[BLOCK : BLOCK + LIST_SIZE]
    said = head[2 * BLOCK + LIST_SIZE :].rstrip(b"\n\0").decode(errors="replace")
    found = hashlib.sha256(listed).hexdigest()
    if found != said:
        raise BundleError(
            f"{path} is damaged: {LIST}: its sha256 is {found}, it was saved as {said}", remedy=again
        )
    facts = json.loads(listed)
    if facts["version"] != VERSION:
        raise BundleError(
            f"{path} has the format {facts['version']}, this checkout reads {VERSION}",
            remedy="load it with the checkout that saved it, or save it anew with this one",
        )
    bundle = Bundle(path, facts, [Member(**member) for member in facts.pop("members")], found)
    for member in bundle.members:
        _check_name(path, member.name)
    expected = _start() + sum(map(_length, bundle.members)) + len(END)
    if size != expected:
        raise BundleError(
            f"{path} has {size} bytes, {expected} were saved: it is cut off or longer", remedy=again
        )
    return bundle


def take_wheels(bundle: Bundle, folder: Path) -> int:
    """Put the wheels of a bundle into a folder, all or none. Returns how many they are.

    Raises:
        BundleError: One is damaged, or they are for another Python.
        HostError: There is no room for them.
    """
    facts = dict(bundle.facts)
    if facts["python"] != this_python():
        raise BundleError(
            f"{bundle.path} has Python packages for {facts['python']}, this is {this_python()}",
            remedy="start ./witw with that Python (python3.11 ./witw bundle load FILE), or save a bundle "
            "with this one on a machine with network",
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    try:
        members = bundle.of_kind(WHEEL)
        for member in members:
            with (aside / PurePosixPath(member.name).name).open("wb") as file:
                file.writelines(bundle.read(member))
        (aside / WHEELS_FACTS).write_text(
            json.dumps({"checksum": bundle.checksum, "requirements": facts["requirements"]}) + "\n"
        )
        aside.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)
        aside.rename(folder)
    except OSError as error:
        raise HostError(
            f"the Python packages could not be put into {folder}: {error.strerror}",
            remedy="free some room there, then run the same command again",
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return len(members)


def this_python() -> str:
    """For which Python and machine packages must be made to run here, e.g. cpython-311 linux-x86_64."""
    return f"{sys.implementation.cache_tag} {sysconfig.get_platform()}"


def _start() -> int:
    """Where the first member begins: behind the list and its checksum."""
    return BLOCK + LIST_SIZE + 2 * BLOCK


def _header(name: str, size: int) -> bytes:
    # The same for all: when and by whom a bundle was written is not part of it.
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o644, 0
    return info.tobuf(tarfile.GNU_FORMAT)


def _length(member: Member) -> int:
    """Bytes that a member takes, with its header and up to the next."""
    return len(_header(member.name, member.size)) + _padded(member.size)


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _check_name(path: Path, name: str) -> None:
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts:
        raise BundleError(
            f"{path} holds a member with the name {name}",
            remedy="do not use it: `./witw bundle save` makes none such",
        )
