"""The commands of `./baokao`. Set-up is done when this runs (deploy/setup)."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from deploy import ROOT
from deploy.local.commands import admin, docs, down, imports, keys, status, up
from deploy.local.services import database
from deploy.local.settings import platform

app = typer.Typer(
    name="./baokao",
    help="报考 baokao: registration, identity check, payment and results for any number of exams.",
    no_args_is_help=True,
    add_completion=False,
)
app.add_typer(docs.app, name="docs")
app.add_typer(keys.app, name="keys")
HANDED_ON = {"allow_extra_args": True, "ignore_unknown_options": True}
MOST_TEST_PROCESSES = 8


@app.command("up")
def _up(
    full: Annotated[bool, typer.Option(help="RabbitMQ, a Mongo-wire server, a process per service.")] = False,
    detach: Annotated[bool, typer.Option(help="Return when everything is ready.")] = False,
) -> None:
    """Start everything and say where it is. Data live in var/ and survive."""
    up.run(platform(), full=full, detach=detach)


@app.command("down")
def _down() -> None:
    """End everything that `up` started. Data stay."""
    down.run(platform())


@app.command("status")
def _status() -> None:
    """What runs, whether it is ready, and what it uses."""
    raise typer.Exit(status.run(platform()))


@app.command("demo")
def _demo() -> None:
    """Who is in the demo, how to sign in as them, and specimen pictures for trying by hand."""
    # Drawing the pictures loads OpenCV, which no other command needs.
    from deploy.local.commands import demo

    demo.run(platform())


@app.command("test", context_settings=HANDED_ON, add_help_option=False)
def _test(context: typer.Context) -> None:
    """Run the tests; more arguments go to pytest."""
    processes = min(max(2, os.cpu_count() or 2), MOST_TEST_PROCESSES)
    os.chdir(ROOT)
    _become("pytest", "-n", str(processes), "--dist", "loadfile", "--no-loadscope-reorder", *context.args)


@app.command("bench", context_settings=HANDED_ON, add_help_option=False)
def _bench(context: typer.Context) -> None:
    """Measure; without a name it lists what can be measured."""
    if not context.args or context.args[0] not in _benches():
        print(f"Which? ./baokao bench {'|'.join(_benches())}", file=sys.stderr)
        raise typer.Exit(2)
    _become(f"bench.{context.args[0]}", *context.args[1:])


@app.command("import")
def _import(
    kind: Annotated[str, typer.Argument(help="regions, schools, roll, results, tickets or scores")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV or XLSX")],
    programme: Annotated[str, typer.Option(help="For which programme.")] = "qualification-2024",
    check: Annotated[bool, typer.Option(help="Write nothing; only say what would happen.")] = False,
) -> None:
    """Import a table; failed rows come back as a file."""
    imports.run(platform(), kind, file, programme, check=check)


@app.command("admin")
def _admin(
    login: Annotated[str, typer.Argument(help="The login name")],
    name: Annotated[str, typer.Option(help="The person's name, as pages and the audit log show it")],
) -> None:
    """Make an administrator, and print the one-time code. Administrators let everybody else in on the pages."""
    admin.run(platform(), login, name)


@app.command("vision", context_settings=HANDED_ON, add_help_option=False)
def _vision(context: typer.Context) -> None:
    """Read ID cards and compare faces on this machine: check, batch, faces."""
    _become("services.vision.cli", *context.args)


@app.command("audit", context_settings=HANDED_ON, add_help_option=False)
def _audit(context: typer.Context) -> None:
    """Walk the audit log's chain in the database: verify [--from ENTRY] [--expect ENTRY:HASH]."""
    _become("services.identity.cli", *context.args, settings=database(platform()))


@app.command("doctor")
def _doctor() -> None:
    """Name what is missing on this machine and the fix (answered before set-up)."""
    _become("deploy.setup", "doctor")


def _benches() -> list[str]:
    folder = ROOT / "bench"
    packages = [main.parent.name for main in folder.glob("*/__main__.py")]
    scripts = [script.stem for script in folder.glob("*.py") if '__name__ == "__main__"' in script.read_text()]
    return sorted([*packages, *scripts])


def _become(module: str, *arguments: str, settings: Mapping[str, str] | None = None) -> None:
    """Replace this process, so that signals and the exit status are the module's."""
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, "-P", "-m", module, *arguments], {**_environment(), **(settings or {})})


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def main() -> None:
    """Run the command line."""
    app(prog_name="./baokao")


if __name__ == "__main__":
    main()
