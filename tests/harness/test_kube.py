"""The client of Kubernetes' API, without one: how it fails."""

import pytest

from dev import host
from dev.errors import ClusterError
from dev.kube import Kube, NoAnswerError

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
