"""A steady load from several threads, and what became of each request."""

import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException

import httpx

SECONDS = 30
"""How long an answer may take."""


@dataclass(frozen=True)
class Answer:
    """One request: when it was sent (seconds since the load began), how long it took, what came back."""

    sent: float
    seconds: float
    status: int | None
    text: str

    @property
    def is_clear(self) -> bool:
        """Served, or refused by an error object that a client can read."""
        return self.status is not None and (self.status < 500 or '"detail"' in self.text)


@dataclass
class Load:
    """Requests that run until the `with` block around them ends."""

    began: float
    answers: list[Answer] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def now(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.began

    def failed(self) -> list[Answer]:
        """What was not served: no answer at all, or one above 499."""
        return [answer for answer in self.answers if answer.status is None or answer.status >= 500]

    def send(self, sender: "Sender") -> None:
        """Send one request again and again."""
        while not self.over.is_set():
            sent = self.now
            try:
                status, text = sender.send()
            except (OSError, HTTPException) as error:
                self.answers.append(Answer(sent, self.now - sent, None, repr(error)))
            else:
                self.answers.append(Answer(sent, self.now - sent, status, text[:500]))
            time.sleep(0.01)
        sender.connection.close()


class Sender:
    """One request as a browser would send it, over a connection of its own that is kept open.

    Prepared once: for each request httpx takes a millisecond of the processor that the stack needs.
    """

    def __init__(self, client: httpx.Client, method: str, path: str, body: object) -> None:
        request = client.build_request(method, path, json=body, headers={"Accept-Encoding": "identity"})
        for hook in client.event_hooks["request"]:  # a person's CSRF token
            hook(request)
        self.method, self.target, self.body = method, request.url.raw_path.decode(), request.read()
        self.headers = dict(request.headers)
        self.connection = HTTPConnection("127.0.0.1", request.url.port, timeout=SECONDS)

    def send(self) -> tuple[int, str]:
        """The status and the text of the answer.

        Raises:
            OSError, HTTPException: There was none. The next request goes over a new connection.
        """
        # The other side may have closed it while nothing was asked; a request would get lost on it.
        if (socket := self.connection.sock) is not None and select.select([socket], [], [], 0)[0]:
            self.connection.close()
        try:
            self.connection.request(self.method, self.target, self.body, self.headers)
            answer = self.connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, HTTPException):
            self.connection.close()
            raise


@contextmanager
def load(
    clients: list[httpx.Client], method: str = "GET", path: str = "/api/users/me", body: object = None
) -> Iterator[Load]:
    """Let each client send the request over and over as long as the block runs; then close them."""
    running = Load(time.monotonic())
    senders = [Sender(client, method, path, body) for client in clients]
    threads = [threading.Thread(target=running.send, args=(sender,)) for sender in senders]
    for thread in threads:
        thread.start()
    try:
        yield running
    finally:
        running.over.set()
        for thread in threads:
            thread.join()
        for client in clients:
            client.close()
