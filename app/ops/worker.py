"""gunicorn's threaded worker, telling how many of its threads are busy and how many connections wait."""

from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from ops import metrics


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no type hints
    """A worker whose saturation is measured where it arises: between its accept loop and its threads."""

    def init_process(self) -> None:
        """Say how many threads there are, then serve."""
        metrics.threads.set(self.cfg.threads)
        super().init_process()

    def enqueue_req(self, conn: TConn) -> None:
        """A connection has a request: it waits for a thread."""
        metrics.connections_waiting.inc()
        super().enqueue_req(conn)

    def handle(self, conn: TConn) -> Any:
        """A thread takes the connection for one request."""
        metrics.connections_waiting.dec()
        metrics.threads_busy.inc()
        try:
            return super().handle(conn)
        finally:
            metrics.threads_busy.dec()
