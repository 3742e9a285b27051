"""`helm test`: the app is ready, and its metrics can be read."""

import os
import time
import urllib.error
import urllib.request

DEADLINE = time.monotonic() + float(os.environ["SECONDS_LEFT"])
EXPECTED = {
    f"{os.environ['APP']}/internal/health/ready": '"status": "ok"',
    f"{os.environ['APP']}/_health": "OK",
    f"{os.environ['METRICS']}/internal/metrics": "witw_build_info",
}


def get(url: str) -> str:
    """The body of a 2xx answer."""
    request = urllib.request.Request(url, headers={"Host": os.environ["HOST"]})  # noqa: S310  (the chart's address)
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
        return str(answer.read().decode())


for url, part in EXPECTED.items():
    while True:
        try:
            body = get(url)
            if part in body:
                print("ok", url)  # noqa: T201  (helm test shows it)
                break
            problem = f"no {part} in {body[:300]}"
        except (urllib.error.URLError, OSError) as error:
            problem = str(error)
        if time.monotonic() > DEADLINE:
            raise SystemExit(f"{url}: {problem}")
        time.sleep(1)
