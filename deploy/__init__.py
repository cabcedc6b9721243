"""How baokao is set up and run: `setup` and `local` for one machine, `docker` and `k8s` for more."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
