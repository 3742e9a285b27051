"""`./witw secrets`: the keys that encrypt a cluster's Secrets at rest."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from dev import cluster, console, encryption, settings, state
from dev.commands import STACK

PANEL = STACK

app = typer.Typer(no_args_is_help=True, help="Encryption at rest: prove it, rotate its key.")

Name = Annotated[str | None, typer.Option("--name", help="The cluster; `up --kind`'s by default.")]


@app.command("rotate-key")
def rotate_key(name: Name = None) -> None:
    """Encrypt everything with a new key, and leave nothing that the old one could read.

    A new key, every object rewritten with it, the old key dropped, etcd's past revisions compacted. The
    API server looks for a changed configuration once a minute, so this takes about two. One that was
    interrupted is finished by the next.
    """
    chosen = settings.load()
    found = cluster.find_awake(name or chosen.project, chosen)
    with state.only_one("secrets rotate-key"), console.Report() as report, report.stage("rotate") as stage:
        done = encryption.rotate(found.encrypted, stage.say)
        stage.say(f"{done.old} replaced by {done.new}")
    console.out.print(
        f"{done.rewritten} objects rewritten with {done.new}; {done.old} is gone from API server and etcd"
    )
    _proof(found)


@app.command("check")
def check(name: Name = None) -> None:
    """Read raw etcd and say how many objects are encrypted, and with which key; fails if any is not."""
    chosen = settings.load()
    if _proof(cluster.find_awake(name or chosen.project, chosen)):
        raise typer.Exit(1)


def _proof(found: cluster.Cluster) -> int:
    resources, keys = encryption.read(found.encrypted.config)
    table, plain = Table("resource", "objects in etcd", "encrypted", "with the key"), 0
    for resource in resources:
        held = encryption.raw(found.encrypted, resource)
        left = encryption.not_encrypted_with(found.encrypted, keys[0], [resource])
        plain += len(left)
        table.add_row(resource, str(len(held)), str(len(held) - len(left)), keys[0].name)
    console.out.print(table)
    return 1 if plain else 0
