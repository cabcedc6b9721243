"""`.env.example`: every setting of the platform and its services with its default, from the settings classes."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydantic_settings import BaseSettings

from deploy.local.demo.settings import Demo
from shared.settings import SERVICES, Platform

HEADER = """\
# Every setting with its default. Written by `./baokao docs settings` from the settings classes; do not edit.
# Set what differs in the environment. Secrets are files in BAOKAO_SECRETS, never variables.
"""


def render() -> str:
    """The whole file."""
    return "\n".join([HEADER, *(_section(kind) for kind in _classes())])


def _classes() -> Iterator[type[BaseSettings]]:
    yield Platform
    for service in SERVICES:
        module = f"services.{service}.settings"
        if find_spec(module):
            yield import_module(module).Settings
    yield Demo


def _section(kind: type[BaseSettings]) -> str:
    prefix = kind.model_config.get("env_prefix", "")
    words = inspect.cleandoc(kind.__doc__ or "").splitlines()
    lines = [f"# {line}".rstrip() for line in words]
    for name, field in kind.model_fields.items():
        lines.append(f"# {prefix.upper()}{name.upper()}={_text(field.get_default(call_default_factory=True))}")
    return "\n".join([*lines, ""])


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | dict | list | tuple):
        return json.dumps(value)
    return str(value.as_posix() if isinstance(value, Path) else value)
