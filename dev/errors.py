"""What can go wrong, each with its remedy.

Commands raise these; `dev.cli.main` alone prints them and ends the process. Only the standard library is
imported here, because the launcher uses this module before `.venv` exists.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence


class WitwError(Exception):
    """Something that the reader can mend.

    Args:
        message: What failed and why, in one sentence.
        remedy: What to type or change, so that it works the next time.
        details: Output worth seeing, such as the last lines of a log.
    """

    def __init__(self, message: str, *, remedy: str = "", details: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.details = details


class SettingsError(WitwError):
    """A `WITW_*` setting is unknown or has a value that cannot be used."""


class HostError(WitwError):
    """The machine lacks something: memory, disk, a free port, a package, network."""


class EngineError(WitwError):
    """There is no Docker engine that can be used."""


class ImageError(WitwError):
    """An image could be neither pulled nor built."""


class BundleError(WitwError):
    """A bundle is damaged, cut off, of another machine, or no bundle at all."""


class StackError(WitwError):
    """The containers did not become ready."""


class ClusterError(WitwError):
    """A cluster could not be made, is not ours, or does not do what it was told."""


class ProcessError(WitwError):
    """A command ended badly or took too long.

    Carries the command, the timeout in seconds, the environment it was given beyond ours, and its output.
    """

    was_ended = False
    """Whether it is we who ended it, because something else had failed."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        returncode: int | None,
        timeout: float | None,
        env: Mapping[str, str | None] | None,
        stdout: str,
        stderr: str,
    ) -> None:
        self.command = list(command)
        self.returncode = returncode
        self.timeout = timeout
        self.env = dict(env or {})
        self.stdout = stdout
        self.stderr = stderr
        ended = f"took longer than {timeout:g} s" if returncode is None else f"ended with {returncode}"
        super().__init__(f"`{shlex.join(command)}` {ended}", details=self.tail())

    def tail(self, lines: int = 20) -> str:
        """The last lines of what the command said, errors last."""
        said = [line for text in (self.stdout, self.stderr) for line in text.splitlines() if line.strip()]
        return "\n".join(said[-lines:])
