"""The command line. Commands only parse their options; heavy modules are imported when a command runs."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Annotated

import typer

from reimagine.cli import degrade, diagnostics, evaluate, models, runs
from reimagine.cli.info import add_info_command
from reimagine.cli.preview import preview_app
from reimagine.cli.recipes import add_recipe_command
from reimagine.cli.shots import add_shots_command
from reimagine.cli.stages import add_stage_commands
from reimagine.cli.stopping import Stopped, stop_on_signals
from reimagine.cli.train import train_app
from reimagine.errors import ReimagineError


def _print_version(requested: bool) -> None:
    if requested:
        import reimagine

        typer.echo(f"reimagine {reimagine.__version__}")
        raise typer.Exit


VERSION = typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version")


def build_app() -> typer.Typer:
    """The whole command line, made from the tables of stages and trainings."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # help texts hold [default: ...], which Rich would read as markup
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    add_stage_commands(app)
    add_recipe_command(app)
    add_info_command(app)
    add_shots_command(app)
    for group in (degrade, runs, diagnostics):
        app.registered_commands += group.app.registered_commands
    app.add_typer(train_app(), name="train")
    app.add_typer(preview_app(), name="preview")
    for name, group in (("evaluate", evaluate), ("models", models)):
        app.add_typer(group.app, name=name)

    @app.callback()
    def root(version: Annotated[bool, VERSION] = False) -> None:
        """Re-imagine an old film: restore it, colour it, redraw it, replay its music, continue it."""

    return app


app = build_app()


def _with_command(words: list[str]) -> list[str]:
    """The words of a command line; a film alone stands for `info FILM`."""
    known = {command.name for command in app.registered_commands} | {group.name for group in app.registered_groups}
    return ["info", *words] if len(words) == 1 and words[0] not in known and Path(words[0]).exists() else words


def main() -> None:
    """Run the program; errors the user can correct are one line and exit 1, signals one line and exit 128 + number."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="surrogateescape")  # names of files that are not Unicode
    stop_on_signals()
    try:
        app(_with_command(sys.argv[1:]))
    except Stopped as stop:
        typer.echo(f"reimagine: {stop.line}", err=True)
        sys.exit(stop.code)
    except ReimagineError as error:
        typer.echo(f"reimagine: {error}", err=True)
        sys.exit(1)
