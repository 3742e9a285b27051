"""The app's port, listened on before the app is loaded.

Who asks meanwhile waits for the answer. Refused, a probe would ask again only at its next turn, a second
later.
"""

import functools
import socket


@functools.cache
def begin(port: int, backlog: int) -> str:
    """Listen on a port.

    Returns:
        What gunicorn calls the socket; the same one when it reads its configuration again.

    Raises:
        OSError: Somebody else listens there, or we may not.
    """
    return f"fd://{socket.create_server(('0.0.0.0', port), backlog=backlog).detach()}"  # noqa: S104
