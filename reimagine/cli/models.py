"""`reimagine models`: what there is, and what can be added."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from reimagine import recipe, stages
from reimagine.errors import RecipeError, unknown_name

app = typer.Typer(help="The models of each stage, and the weights that are shipped.")


@app.callback(invoke_without_command=True)
def models_list(context: typer.Context) -> None:
    """The models of each stage, and the weights that are shipped."""
    if context.invoked_subcommand in (None, "list"):
        from reimagine import zoo

        for stage, rows in stages.MODELS.items():
            for name in rows:
                what = (stages.model_class(stage, name).__doc__ or "").strip().splitlines()[0]
                typer.echo(f"{stage:<11}{name:<11}{what}")
        from reimagine.zoo import published

        for card in zoo.cards():
            size = card.facts.get("bytes", 0) / 1e6
            typer.echo(f"weights    {card.name}  ({size:.1f} MB, {card.facts.get('licence', '?')})")
        for name in sorted(set(published.names()) - {card.name for card in zoo.cards()}):
            title = published.card(name)["title"]
            typer.echo(f"to add     {name}  ({title}; reimagine models add {name})")


@app.command("list")
def models_list_command() -> None:
    """All of them, a line each."""


@app.command("add")
def models_add(
    name: Annotated[str, typer.Argument(help="Such as deoldify-video; `reimagine models` lists them")],
    file: Annotated[Optional[Path], typer.Option(help="The published file [default: downloaded]")] = None,
    unchecked: Annotated[bool, typer.Option("--unchecked", help="Though its sum is another")] = False,
) -> None:
    """Read weights that others published, check them, and keep them."""
    from reimagine.cli.terminal import guarded

    with guarded(False, False):
        from reimagine.zoo import published

        path, tensors = published.add(name, file, unchecked)
        typer.echo(f"{tensors} tensors read, none left over", err=True)
        typer.echo(path)


@app.command("show")
def models_show(name: Annotated[str, typer.Argument(help="A stage, or the name of weights")]) -> None:
    """A stage's models with their options, or the card of weights."""
    from reimagine.cli.terminal import guarded

    with guarded(False, False):
        from reimagine import zoo

        if name in stages.MODELS:
            for row in stages.models_of(name):
                cls = stages.model_class(name, row)
                typer.echo(f"{name} {row}: {(cls.__doc__ or '').strip()}")
                for field in recipe.options(cls):
                    typer.echo(f"  --{field.name.replace('_', '-'):<16}{field.help} [{field.default}]")
                if hasattr(cls, "names"):
                    typer.echo("  instruments: " + ", ".join(cls().names()))
                if hasattr(cls, "looks"):
                    typer.echo("  looks: " + ", ".join(["ink", *cls.looks()]))
            return
        shipped = [c.name for c in zoo.cards()]
        if name not in shipped:
            raise RecipeError(unknown_name("stage or weights", name, [*stages.MODELS, *shipped]))
        typer.echo(zoo.find(name).path.with_suffix(".toml").read_text().strip())
