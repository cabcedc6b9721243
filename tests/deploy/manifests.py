"""The Kubernetes manifests, read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from deploy import ROOT

K8S = ROOT / "deploy" / "k8s"
BASE = K8S / "base"
PRODUCTION = K8S / "overlays" / "production"
GPU = K8S / "overlays" / "gpu"
Manifest = dict[str, Any]


def documents(file: Path) -> list[Manifest]:
    """All documents of one file."""
    return [document for document in yaml.load_all(file.read_text(), Loader=yaml.CSafeLoader) if document]


def kustomization(folder: Path) -> Manifest:
    """The folder's kustomization.yaml."""
    found: Manifest = yaml.safe_load((folder / "kustomization.yaml").read_text())
    return found


def base(kind: str) -> dict[str, Manifest]:
    """Every manifest of one kind in base/, by name."""
    return {found["metadata"]["name"]: found for found in _all_of_base() if found["kind"] == kind}


def pod(deployment: Manifest) -> Manifest:
    """The pod specification of a Deployment."""
    spec: Manifest = deployment["spec"]["template"]["spec"]
    return spec


def container(deployment: Manifest) -> Manifest:
    """The only container of a Deployment."""
    (only,) = pod(deployment)["containers"]
    found: Manifest = only
    return found


def _all_of_base() -> Iterator[Manifest]:
    for name in kustomization(BASE)["resources"]:
        yield from documents(BASE / name)
