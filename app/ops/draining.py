"""Whether this server is on its way out: one byte that the arbiter writes and all workers read."""

import mmap

# Anonymous shared memory: made before the workers are forked, so that all of them see the same byte.
_flag = mmap.mmap(-1, 1)


def begin() -> None:
    """From now on `ready` says 503, while requests are still answered."""
    _flag[0] = 1


def cancel() -> None:
    """Take `begin` back."""
    _flag[0] = 0


def is_on() -> bool:
    """Whether the server drains."""
    return _flag[0] == 1
