"""Words typed by a person. No work is done here, and nothing heavy is loaded before it is needed."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from reimagine.cli import degrade, diagnostics, evaluate, films, models, preview, runs, train
from reimagine.errors import ReimagineError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # help texts hold [default: ...], which Rich would take for markup
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _group in (films, degrade, runs, diagnostics):
    app.registered_commands += _group.app.registered_commands
for _name, _group in (("train", train), ("evaluate", evaluate), ("models", models), ("preview", preview)):
    app.add_typer(_group.app, name=_name)


def _say_version(asked: bool) -> None:
    if asked:
        import reimagine

        typer.echo(f"reimagine {reimagine.__version__}")
        raise typer.Exit


VERSION = typer.Option("--version", callback=_say_version, is_eager=True, help="Say which version this is")


@app.callback()
def _front(version: Annotated[bool, VERSION] = False) -> None:
    """Re-imagine an old film: colour it, draw it, re-score it, continue it."""


def main() -> None:
    """The program; errors a person can mend are one line and exit 1."""
    try:
        app()
    except ReimagineError as error:
        typer.echo(f"reimagine: {error}", err=True)
        sys.exit(1)
