"""How gunicorn serves the app (`gunicorn -c config/gunicorn.py`): processes, threads, draining, metrics."""

import gc
import signal
import sys
import time
from pathlib import Path
from typing import Any

from config import logs
from config.environment import Environment
from ops import draining, listening, patience, slots

# Until the app is loaded: collections find next to nothing there, for a tenth of the time that loading takes.
gc.disable()

env = Environment.load_or_exit()

# Where files are memory: a heartbeat on a slow disk would have healthy workers killed.
MEMORY = Path("/dev/shm")  # noqa: S108  (files in it get unguessable names from tempfile)

wsgi_app = "config.wsgi:application"
backlog = 1024
# Listens from here on: PORT alone says where, not gunicorn's own `--bind`.
try:
    bind = listening.begin(env.port, backlog)
except OSError as error:
    sys.exit(f"PORT: {env.port} cannot be listened on ({error}); choose another")
slots.prepare(MEMORY)
worker_class = "ops.worker.Worker"
workers = env.web_workers
threads = env.web_threads
worker_tmp_dir = str(MEMORY) if MEMORY.is_dir() else None
# Load the app once, before the fork: workers share its memory, and a broken app fails at once.
preload_app = True
# A worker whose main loop is silent this long is replaced; requests are bounded by the statement timeout.
timeout = 60
graceful_timeout = env.web_graceful_timeout
keepalive = env.web_keepalive
# A long URL is the gateway's to refuse (at 60 KB); gunicorn would refuse it with HTML, whatever the client.
limit_request_line = 0
max_requests = env.web_max_requests
max_requests_jitter = env.web_max_requests // 10
# The gateway's word on the scheme is judged by Django (TRUST_FORWARDED_PROTO), not here.
forwarded_allow_ips = "127.0.0.1"
secure_scheme_headers: dict[str, str] = {}
control_socket_disable = True
logger_class = "ops.server_log.ServerLog"
logconfig_dict = logs.configuration(env.log_format, env.log_level)
proc_name = "witw"


def when_ready(server: Any) -> None:
    """Before the first worker: serve metrics, take over SIGTERM, and spare shared memory."""
    server.murder_workers = patience.after_a_freeze(server.murder_workers, timeout)
    from ops import exposition  # noqa: PLC0415  (needs the app, which gunicorn loads after this file)

    def a_worker_is_alive() -> bool:
        now = time.monotonic()
        return any(now - worker.tmp.last_update() < timeout for worker in list(server.WORKERS.values()))

    exposed = exposition.registry(env.release, env.environment)
    try:
        server.metrics = exposition.Server(env.metrics_port, exposed, a_worker_is_alive)
    except OSError as error:
        slots.clear()
        sys.exit(f"METRICS_PORT: {env.metrics_port} cannot be listened on ({error}); choose another")
    server.metrics.start()
    signal.signal(signal.SIGTERM, lambda *_: _drain(server))
    # Collections would touch, and so copy, the pages that workers share.
    gc.collect()
    gc.freeze()
    gc.enable()


def _drain(server: Any) -> None:
    """Tell the gateway first (`ready` fails), stop later; a second SIGTERM stops at once."""
    if draining.is_on() or not env.web_drain_seconds:
        draining.begin()
        server.SIG_QUEUE.put_nowait(signal.SIGTERM)
        return
    draining.begin()
    signal.signal(signal.SIGALRM, lambda *_: server.SIG_QUEUE.put_nowait(signal.SIGTERM))
    signal.setitimer(signal.ITIMER_REAL, env.web_drain_seconds)


def pre_fork(server: Any, worker: Any) -> None:
    """Give the next worker its place among the metrics' files."""
    worker.place = slots.take({other.place for other in server.WORKERS.values()})


def post_fork(server: Any, worker: Any) -> None:
    """In the worker: leave the metrics' port to the arbiter."""
    server.metrics.socket.close()


def child_exit(server: Any, worker: Any) -> None:
    """In the arbiter, when a worker is gone."""
    slots.free(worker.place)


def on_exit(server: Any) -> None:
    """In the arbiter, at the very end."""
    slots.clear()
