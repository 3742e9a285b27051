"""Where this machine gets Python packages from, told to uv, which does not read pip's configuration."""

from __future__ import annotations

import os

from dev import host, wheels

UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "no-index": "UV_NO_INDEX",
    "proxy": "ALL_PROXY",
}
"""An option of pip's and the variable by which uv takes the same."""


def for_uv() -> dict[str, str]:
    """The environment that makes uv install from where pip would; what is set already stays as it is.

    Where a bundle brought all that the tests need, that is the only place, and no network is asked.
    """
    if wheels.serve("tests/requirements.txt"):
        return {"UV_FIND_LINKS": str(wheels.folder()), "UV_NO_INDEX": "1", "UV_OFFLINE": "1"}
    options = host.pip_options()
    wanted = {variable: options[option] for option, variable in UV_NAMES.items() if option in options}
    if "UV_NO_INDEX" in wanted and "find-links" in options:
        wanted["UV_FIND_LINKS"] = ",".join(options["find-links"].split())
    if bundle := host.private_ca_bundle():
        wanted["SSL_CERT_FILE"] = str(bundle)
    return {name: value for name, value in wanted.items() if name not in os.environ}
