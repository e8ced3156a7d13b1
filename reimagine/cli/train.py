"""`reimagine train`: the options of a training are the fields of its class."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

import typer

from reimagine import recipe, stages
from reimagine.cli.options import DEVICE, default, old_names, option, parameter, register, with_present_names


def train_app() -> typer.Typer:
    """The command group `train`, with one command per training."""
    app = typer.Typer(no_args_is_help=True, help="Train the weights of a model.")
    for name in stages.TRAININGS:
        _add_command(app, name)
    return app


def _add_command(app: typer.Typer, name: str) -> None:
    settings = {"allow_extra_args": True, "ignore_unknown_options": True}

    @app.command(name, context_settings=settings, add_help_option=False, help=f"Train weights for {name}.")
    def command(context: typer.Context) -> None:
        training_app(name)(args=context.args, prog_name=f"reimagine train {name}")


def training_app(name: str) -> typer.Typer:
    """The command line of one training. It is made when it is used, because it loads torch."""
    cls = stages.training_class(name)
    renamed = cls.renamed_options

    def train(**given: Any) -> None:
        from reimagine.cli.terminal import command_progress
        from reimagine.zoo.device import select_device
        from reimagine.zoo.threads import training_threads

        with command_progress(True, False):
            defaults = {o.name: o.default for o in recipe.options(cls)}
            given = with_present_names(given, renamed, lambda line: typer.echo(line, err=True), defaults)
            into, device = given.pop("into"), select_device(given.pop("device"))
            with training_threads():
                typer.echo(cls(**given)(into or Path("runs") / f"train-{name}", device))

    own = [parameter(o.name, o.type, default(o), option(o.help)) for o in recipe.options(cls)]
    into = option(f"Run folder; an interrupted training goes on from there [default: runs/train-{name}]")
    parameters = [*own, parameter("into", Optional[Path], None, into), DEVICE]
    register(train, [*parameters, *old_names(renamed, {p.name: p for p in own})], cls.__doc__ or "")
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command(context_settings={"help_option_names": ["-h", "--help"]})(train)
    return app
