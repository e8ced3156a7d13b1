"""`reimagine train`: a training's fields are its options."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

import typer

from reimagine import recipe, stages
from reimagine.cli.options import DEVICE, default, option, parameter, register

app = typer.Typer(no_args_is_help=True, help="Train a model's weights.")


def trainer(name: str) -> typer.Typer:
    """The command line of one training: its options are read only when it is asked for, so that
    `reimagine --help` loads no torch."""
    cls = stages.training_class(name)

    def work(**given: Any) -> None:
        from reimagine.cli.terminal import guarded
        from reimagine.zoo.device import configure_device

        into, device = given.pop("into"), given.pop("device")
        with guarded(True, False):
            typer.echo(cls(**given)(into or Path("runs") / f"train-{name}", configure_device(device, alone=True)))

    own = [parameter(o.name, o.type, default(o), option(o.help)) for o in recipe.options(cls)]
    into = option(f"Run folder; an interrupted training goes on [default: runs/train-{name}]")
    register(work, [*own, parameter("into", Optional[Path], None, into), DEVICE], cls.__doc__ or "")
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    alone.command(context_settings={"help_option_names": ["-h", "--help"]})(work)
    return alone


def train_command(name: str) -> None:
    settings = {"allow_extra_args": True, "ignore_unknown_options": True}

    @app.command(name, context_settings=settings, add_help_option=False, help=f"Train {name}.")
    def command(context: typer.Context) -> None:
        trainer(name)(args=context.args, prog_name=f"reimagine train {name}")


for _name in stages.TRAININGS:
    train_command(_name)
