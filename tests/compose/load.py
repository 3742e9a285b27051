"""A steady load from several threads, and what became of each request."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx


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

    def send(self, client: httpx.Client, method: str, path: str, body: object) -> None:
        """Send one request again and again."""
        while not self.over.is_set():
            sent = self.now
            try:
                answer = client.request(method, path, json=body)
            except httpx.TransportError as error:
                self.answers.append(Answer(sent, self.now - sent, None, repr(error)))
            else:
                self.answers.append(Answer(sent, self.now - sent, answer.status_code, answer.text[:500]))
            time.sleep(0.01)


@contextmanager
def load(
    clients: list[httpx.Client], method: str = "GET", path: str = "/api/users/me", body: object = None
) -> Iterator[Load]:
    """Let each client send the request over and over as long as the block runs; then close them."""
    running = Load(time.monotonic())
    threads = [threading.Thread(target=running.send, args=(client, method, path, body)) for client in clients]
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
