"""Rotating a key, against an API server that is played: it reads its configuration when it is looked at."""

import base64
import json
import types

import pytest

from dev import cli, cluster, encryption, state
from dev.encryption import PREFIX, Key
from dev.errors import ClusterError
from dev.process import Result
from dev.programs import silent


class ApiServer(encryption.Cluster):
    """Encrypts what is written with the first key that it has read."""

    def play(self, names, *, deaf=False, stubborn=()):
        facts = {"reloads": 0, "deaf": deaf, "stubborn": set(stubborn), "compacted": [], "defragmented": 0}
        self.__dict__["facts"] = facts
        self.__dict__["loaded"] = encryption.read(self.config)[1]
        self.__dict__["held"] = {f"/registry/secrets/n/{name}": self.loaded[0].name for name in names}
        return self

    def run(self, *arguments, stdin=None, check=True):
        self._reload()
        match arguments:
            case ["get", "--raw=/metrics"]:
                name = "apiserver_encryption_config_controller_automatic_reloads_total"
                said = f'{name}{{apiserver_id_hash="x",status="success"}} {self.facts["reloads"]}\n'
                return Result(0, said, "")
            case ["get", "secrets", *_]:
                names = [name.rpartition("/")[2] for name in self.held]
                items = [{"metadata": {"namespace": "n", "name": name}} for name in names]
                return Result(0, json.dumps({"items": items}), "")
            case ["replace", *_]:
                names = {item["metadata"]["name"] for item in json.loads(stdin)["items"]}
                written = names - self.facts["stubborn"]
                self.held.update({f"/registry/secrets/n/{name}": self.loaded[0].name for name in written})
                return Result(int(written != names), "", "")
        return self._etcd(arguments[arguments.index("etcdctl") + 4 :])

    def _reload(self):
        keys = encryption.read(self.config)[1]
        if keys != self.loaded and not self.facts["deaf"]:
            self.__dict__["loaded"] = keys
            self.facts["reloads"] += 1

    def _etcd(self, words):
        match words:
            case ["get", *_]:
                pairs = [
                    {"key": encoded(name.encode()), "value": encoded(PREFIX + key.encode() + b":\x00\xff")}
                    for name, key in self.held.items()
                ]
                return Result(0, json.dumps({"kvs": pairs}), "")
            case ["endpoint", *_]:
                return Result(0, json.dumps([{"Status": {"header": {"revision": 77}}}]), "")
            case ["compact", revision, *_]:
                self.facts["compacted"].append(revision)
            case ["defrag"]:
                self.facts["defragmented"] += 1
        return Result(0, "", "")


def encoded(data):
    return base64.b64encode(data).decode()


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """A clock that only sleeping moves."""
    now = [0.0]
    monkeypatch.setattr(encryption.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(encryption.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    # Keys are named by the second, in which this test would make two.
    names = iter(range(1, 100))
    monkeypatch.setattr(encryption.time, "strftime", lambda *_: f"key-{next(names)}")


@pytest.fixture
def server(tmp_path):
    config = tmp_path / "keys" / "config.yaml"
    encryption.create(config, ["secrets"])
    return ApiServer(["kubectl"], "node", config)


def test_a_rotation_rewrites_all_drops_the_old_key_and_compacts(server):
    server.play(["a", "b"])
    done = encryption.rotate(server, silent)

    assert (done.old, done.new, done.rewritten) == ("key-1", "key-2", 2)
    assert [key.name for key in encryption.read(server.config)[1]] == ["key-2"]
    assert set(server.held.values()) == {"key-2"}
    assert server.facts["compacted"] == ["77"]
    assert server.facts["defragmented"] == 1


def test_a_rotation_that_was_interrupted_is_finished_with_the_key_that_it_had_made(server):
    server.play(["a"])
    resources, keys = encryption.read(server.config)
    encryption._write(server.config, resources, [Key("key-new", encoded(b"n" * 32)), *keys])

    done = encryption.rotate(server, silent)

    assert done.new == "key-new"
    assert set(server.held.values()) == {"key-new"}


def test_an_api_server_that_does_not_reload_keeps_both_keys_and_is_named(server):
    server.play(["a"], deaf=True)
    with pytest.raises(ClusterError, match="did not take up"):
        encryption.rotate(server, silent)
    assert [key.name for key in encryption.read(server.config)[1]] == ["key-2", "key-1"]


def test_an_object_that_cannot_be_rewritten_is_named_and_the_old_key_kept(server):
    server.play(["a", "b"], stubborn=["b"])
    with pytest.raises(ClusterError, match="/registry/secrets/n/b"):
        encryption.rotate(server, silent)
    assert len(encryption.read(server.config)[1]) == 2
    assert server.facts["compacted"] == []


def test_what_is_plain_in_etcd_is_found(server, monkeypatch):
    server.play(["a"])
    monkeypatch.setattr(encryption, "raw", lambda *_: {"/registry/secrets/n/plain": b"k8s\x00v1 hunter2"})
    assert encryption.not_encrypted_with(server, server.loaded[0], ["secrets"]) == [
        "/registry/secrets/n/plain"
    ]


def test_the_verbs_of_secrets_prove_and_rotate(server, monkeypatch, tmp_path):
    server.play(["a"])
    found = types.SimpleNamespace(encrypted=server)
    monkeypatch.setattr(cluster, "find_awake", lambda *_: found)
    monkeypatch.setattr(state, "FOLDER", tmp_path / ".witw")
    assert cli.main(["secrets", "check"]) == 0
    assert cli.main(["secrets", "rotate-key"]) == 0
    assert set(server.held.values()) == {"key-2"}
    server.held["/registry/secrets/n/a"] = "key-1"
    assert cli.main(["secrets", "check"]) == 1
