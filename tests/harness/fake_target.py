"""A cluster whose kubectl and Helm answer what a test wants, and remember what they were told."""

import json

from dev.process import Result


class FakeTarget:
    """As much of a `dev.target.Target` as releases and Secrets need."""

    def __init__(self, cluster=None):
        self.cluster, self.context = cluster, "elsewhere"
        self.histories, self.listed, self.items, self.jobs = {}, [], [], []
        self.helm, self.applied, self.kubectl = [], [], []
        self.kube = self

    @property
    def name(self):
        return self.context

    @property
    def ours(self):
        return self.cluster

    def run_helm(self, *arguments, timeout=60, check=True):
        self.helm.append(list(arguments))
        if arguments[0] == "history":
            found = self.histories.get(arguments[1])
            return Result(0 if found else 1, json.dumps(found or []), "")
        return Result(0, json.dumps(self.listed), "")

    def run_kubectl(self, *arguments, stdin=None, timeout=60, check=True):
        self.kubectl.append(list(arguments))
        if stdin is not None:
            self.applied.append(json.loads(stdin))
        return Result(0, json.dumps({"items": self.items}), "")

    def list(self, kind, namespace="", **selectors):
        return self.jobs if kind == "Job" else []

    def logs(self, *_, **__):
        return []

    def did(self, verb):
        """What Helm was told to do."""
        return [call for call in self.helm if call[0] == verb]
