"""Each image carries all that is run in it, and no package of it is one that only tests and measurements have."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
# Documented for pods and containers, beside what docker-compose.yml runs.
BY_HAND = {"web": ["deploy.local.cli", "services.identity.cli"], "vision": ["services.vision.cli"]}
# Imports modules where there are only the packages of a lock, given as JSON, beside the image's own files.
IMPORTS = """
import importlib, json, re, sys
from importlib.metadata import packages_distributions

locked, *modules = sys.argv[1:]
normal = lambda name: re.sub(r"[-_.]+", "-", name).lower()
owners = packages_distributions().items()
absent = {name for name, dists in owners if not {normal(dist) for dist in dists} & set(json.loads(locked))}

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name in absent and path is None:
            raise ModuleNotFoundError(f"the image's lock has no package of {name}", name=name)

sys.meta_path.insert(0, Absent())
for module in modules:
    importlib.import_module(module)
"""


def copied(image: str, target: Path) -> Path:
    """What the image's Dockerfile copies of the checkout, less what .dockerignore keeps out, at `target`."""
    ignored = {line.removeprefix("**/") for line in (ROOT / ".dockerignore").read_text().split()}
    for line in (ROOT / "deploy" / "docker" / f"{image}.Dockerfile").read_text().splitlines():
        if not line.startswith("COPY ") or "--from" in line or "requirements" in line or "package.json" in line:
            continue
        source, place = line.split()[1:]
        assert source.split("/")[0] not in ignored
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, target / place, ignore=shutil.ignore_patterns(*ignored))
        else:
            (target / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / source, target / place)
    return target


def run_in(image: str) -> list[str]:
    """The modules that docker-compose.yml and people run in it."""
    here = [found for found in COMPOSE.values() if found["image"] == f"baokao-{image}"]
    commands = [found["command"] for found in here]
    modules = {command if isinstance(command, str) else command[0] for command in commands}
    return [*sorted(modules), "deploy.docker.healthy", *BY_HAND[image]]


def locked(image: str) -> list[str]:
    """The packages of the image's lock, by their normal names."""
    lock = (ROOT / "requirements" / {"web": "base.txt", "vision": "vision.txt"}[image]).read_text()
    return [re.sub(r"[-_.]+", "-", name).lower() for name in re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.MULTILINE)]


@pytest.mark.parametrize("image", ["web", "vision"])
def test_everything_that_runs_in_an_image_is_in_it(image: str, tmp_path: Path) -> None:
    tree = copied(image, tmp_path / "app")
    command = [sys.executable, "-P", "-c", IMPORTS, json.dumps(locked(image)), *run_in(image)]
    done = subprocess.run(
        command, cwd=tree, env={**os.environ, "PYTHONPATH": str(tree)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
