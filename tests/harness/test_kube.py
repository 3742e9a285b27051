"""The client of Kubernetes' API, without one: how it fails, and what it leaves."""

import base64
import os
import subprocess
import sys

import pytest
import yaml

from dev import host
from dev.errors import ClusterError
from dev.kube import Kube, NoAnswerError
from dev.settings import ROOT

CONFIG = """
apiVersion: v1
kind: Config
clusters: [{{name: c, cluster: {{server: "http://127.0.0.1:{port}"}}}}]
users: [{{name: u, user: {{}}}}]
contexts: [{{name: nowhere, context: {{cluster: c, user: u}}}}]
current-context: nowhere
"""


def test_an_api_server_that_is_not_there_is_an_error_that_names_the_context(tmp_path):
    file = tmp_path / "kubeconfig"
    file.write_text(CONFIG.format(port=host.free_port("127.0.0.1", 20000)))
    with pytest.raises(NoAnswerError, match="nowhere"):
        Kube(file, "nowhere").list("Pod")


def test_a_kubeconfig_that_is_not_there_is_an_error_too(tmp_path):
    with pytest.raises(ClusterError) as caught:
        Kube(tmp_path / "none", "nowhere").list("Pod")
    assert not isinstance(caught.value, NoAnswerError), "it would be waited for"


ASK = """
import pathlib, sys
from dev.kube import Kube
try:
    Kube(pathlib.Path(sys.argv[1]), "nowhere").list("Pod")
finally:
    files = [file for file in pathlib.Path(sys.argv[2]).rglob("*") if file.is_file()]
    print(sum(file.read_bytes() == b"a secret" for file in files))
"""


def test_no_key_of_a_cluster_is_left_behind(tmp_path):
    """Whoever finds it is the cluster's administrator."""
    secret = base64.b64encode(b"a secret").decode()
    config = yaml.safe_load(CONFIG.format(port=host.free_port("127.0.0.1", 20000)))
    config["users"][0]["user"] = {"client-key-data": secret, "client-certificate-data": secret}
    config["clusters"][0]["cluster"]["certificate-authority-data"] = secret
    file, temporary = tmp_path / "kubeconfig", tmp_path / "temporary"
    file.write_text(yaml.safe_dump(config))
    temporary.mkdir()
    ran = subprocess.run(
        [sys.executable, "-c", ASK, str(file), str(temporary)],
        env={**os.environ, "TMPDIR": str(temporary)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.stdout.strip() == "3", ran.stderr
    assert list(temporary.iterdir()) == []
