"""A bare machine: a privileged container with Debian 12, Python 3.11 and a copy of the checkout.

What `./witw up` installs there, an engine included, is all inside: the developer's machine stays as it is.
"""

import os
import secrets
import subprocess

from dev import archive, host, packages, process
from dev.settings import ROOT, load

RELEASE = "bookworm"
IMAGE = f"witw-test/machine:{RELEASE}"
CHECKOUT = "/checkout"
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"

# Where the kernel has cgroups of version 2, a container that is to have containers must make room for them.
START = """
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
  mkdir -p /sys/fs/cgroup/init
  xargs -rn1 < /sys/fs/cgroup/cgroup.procs > /sys/fs/cgroup/init/cgroup.procs || :
  sed -e 's/ / +/g' -e 's/^/+/' < /sys/fs/cgroup/cgroup.controllers > /sys/fs/cgroup/cgroup.subtree_control
fi
sleep infinity
"""

# Everything that an installation could leave behind: files outside of what is always in motion, and packages.
CONTENT = """
find / -xdev \\( -path /proc -o -path /sys -o -path /run -o -path /tmp -o -path /var/lib/dpkg
 -o -path /var/lib/apt -o -path /var/cache -o -path /var/log -o -path /etc/alternatives
 -o -name __pycache__ \\) -prune -o -type f -print
find /var/lib /opt -maxdepth 1
dpkg-query --show --showformat='${Package} ${db:Status-Abbrev}\\n'
"""


class Machine:
    """One such machine, with further options of `docker run`. `remove` it when it is no longer needed."""

    def __init__(self, *more: str) -> None:
        self.name = f"witw-test-{secrets.token_hex(4)}"
        bundle = host.private_ca_bundle()
        options = [f"--volume={bundle}:{BUNDLE}:ro", *_told("SSL_CERT_FILE", "PIP_CERT")] if bundle else []
        # overlayfs does not lie upon overlayfs, hence the volume; it begins as a copy of the image's folder.
        options += [
            f"--volume={self.name}:/var/lib",
            "--privileged",
            f"--name={self.name}",
            f"--hostname={self.name}",
            *more,
        ]
        process.run(["docker", "run", "--detach", *options, _image(), "sh", "-c", START], timeout=120)
        self._bring_checkout()

    def run(self, *command: str, check: bool = True, timeout: float = 900) -> process.Result:
        """Run a command in the checkout."""
        ended = process.run(
            ["docker", "exec", f"--workdir={CHECKOUT}", self.name, *command], check=False, timeout=timeout
        )
        assert ended.ok or not check, f"{ended.returncode}: {ended.stdout}\n{ended.stderr}"
        return ended

    def start(self, *command: str) -> "subprocess.Popen[str]":
        """Start a command in the checkout and let its output be read."""
        return subprocess.Popen(
            ["docker", "exec", f"--workdir={CHECKOUT}", self.name, *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def cut_off(self) -> None:
        """Take its network away: what is left is the loopback and what its own engine makes."""
        process.run(["docker", "network", "disconnect", "bridge", self.name])

    def content(self) -> set[str]:
        """All that is on it, as far as it should stay the same."""
        return set(self.run("sh", "-c", CONTENT.replace("\n -o", " -o")).stdout.splitlines())

    def remove(self) -> None:
        """Leave nothing of it."""
        process.run(["docker", "rm", "--force", "--volumes", self.name], timeout=120, check=False)
        process.run(["docker", "volume", "rm", "--force", self.name], timeout=120, check=False)

    def _bring_checkout(self) -> None:
        listed = process.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT
        ).stdout
        names = [name for name in listed.splitlines() if (ROOT / name).exists()]
        with subprocess.Popen(["tar", "-C", ROOT, "-c", *names], stdout=subprocess.PIPE) as tar:
            subprocess.run(
                ["docker", "exec", "-i", self.name, "sh", "-c", f"mkdir {CHECKOUT} && tar -x -C {CHECKOUT}"],
                stdin=tar.stdout,
                check=True,
            )


def _image() -> str:
    """The machine's image, made once."""
    if not process.run(["docker", "image", "inspect", IMAGE], check=False).ok:
        packages.install("mmdebstrap")
        tar = load().cache_dir / "tests" / f"machine-{RELEASE}.tar"
        tar.parent.mkdir(parents=True, exist_ok=True)
        aside = tar.with_name(f"{os.getpid()}.tar")
        if not tar.exists():
            command = [
                "mmdebstrap",
                "--variant=minbase",
                "--include=ca-certificates,python3",
                RELEASE,
                str(aside),
            ]
            process.run([*command, *archive.sources(RELEASE)], timeout=600)
            aside.replace(tar)
        process.run(["docker", "import", str(tar), IMAGE], timeout=120)
    return IMAGE


def _told(*names: str) -> list[str]:
    return [f"--env={name}={BUNDLE}" for name in names]


def fetch(machine: Machine, url: str) -> str:
    """What a URL says on the machine itself."""
    code = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).status)"
    return machine.run("python3", "-c", code, url, check=False).stdout.strip()
