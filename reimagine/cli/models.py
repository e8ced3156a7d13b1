"""`reimagine models`: list the models and weights, describe one, and add published weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from reimagine import recipe, stages
from reimagine.cli.options import flag
from reimagine.errors import RecipeError, unknown_name

HELP = "List the models of each stage, and the installed weights."

app = typer.Typer(help=HELP)


@app.callback(invoke_without_command=True, help=HELP)
def models_list(context: typer.Context) -> None:
    """Print the list, unless a sub-command other than `list` follows."""
    if context.invoked_subcommand in (None, "list"):
        _list_models()
        _list_weights()


def _list_models() -> None:
    for stage in stages.STAGES:
        for name in stages.models_of(stage):
            summary = (stages.model_class(stage, name).__doc__ or "").strip().splitlines()[0]
            typer.echo(f"{stage:<11}{name:<12}{summary}")


def _list_weights() -> None:
    from reimagine import zoo
    from reimagine.zoo import published

    installed = zoo.cards()
    for card in installed:
        size = card.facts.get("bytes", 0) / 1e6
        typer.echo(f"weights    {card.name}  ({size:.1f} MB, {card.facts.get('licence', 'no licence stated')})")
    for line in zoo.damaged_cards():
        typer.echo(f"reimagine: {line}", err=True)
    for name in sorted(set(published.names()) - {card.name for card in installed}):
        title = published.card(name)["title"]
        typer.echo(f"available  {name}  ({title}; reimagine models add {name})")


@app.command("list")
def models_list_command() -> None:
    """List all models and weights, one per line."""


@app.command("add")
def models_add(
    name: Annotated[str, typer.Argument(help="Such as deoldify-video; `reimagine models` lists them")],
    file: Annotated[Optional[Path], typer.Option(help="The published file [default: downloaded]")] = None,
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Accept a file whose checksum differs from the card's")
    ] = False,
) -> None:
    """Add weights published by another project: check the file and convert it to safetensors."""
    from reimagine.cli.terminal import command_progress

    with command_progress(False, False):
        from reimagine.zoo import published

        path, tensors = published.add(name, file, unchecked)
        typer.echo(f"{tensors} tensors read; all of them fit the network", err=True)
        typer.echo(path)


@app.command("show")
def models_show(name: Annotated[str, typer.Argument(help="A stage, or the name of weights")]) -> None:
    """Show the models of a stage with their options, or the card of weights."""
    from reimagine.cli.terminal import command_progress

    with command_progress(False, False):
        from reimagine import zoo

        if name in stages.STAGES:
            for model in stages.models_of(name):
                _show_model(name, model)
            return
        installed = [card.name for card in zoo.cards()]
        if name not in installed:
            raise RecipeError(unknown_name("stage or weights", name, [*stages.STAGES, *installed]))
        typer.echo(zoo.find(name).path.with_suffix(".toml").read_text().strip())


def _show_model(stage: str, name: str) -> None:
    """Print a model's description, its options, and the names that options accept."""
    cls = stages.model_class(stage, name)
    typer.echo(f"{stage} {name}: {(cls.__doc__ or '').strip()}")
    for option in recipe.options(cls):
        typer.echo(f"  {flag(option.name):<20} {option.help} [{option.default}]")
    for option, values in cls().choices().items():
        typer.echo(f"  values of {flag(option)}: {', '.join(values)}")
