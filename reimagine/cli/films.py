"""Commands that do something to a film: a stage, a chain of stages, a recipe."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any, Optional

import typer

from reimagine import recipe, stages
from reimagine.cli.options import COMMON, FILM, option, parameter, register
from reimagine.errors import RecipeError

app = typer.Typer()


def flags(chosen: list[str]) -> list[inspect.Parameter]:
    """One flag per field of any model of these stages; the help says whose it is."""
    owners: dict[str, list[str]] = {}
    kinds: dict[str, recipe.Option] = {}
    for stage in chosen:
        for name in stages.models_of(stage):
            for field in recipe.options(stages.model_class(stage, name)):
                if kinds.setdefault(field.name, field).type is not field.type:
                    raise TypeError(f"--{field.name} has two types among the models of {stage}")
                owners.setdefault(field.name, []).append(f"{name}={field.default}")
    return [
        parameter(name, Optional[field.type], None, option(f"{field.help} ({', '.join(owners[name])})"))
        for name, field in kinds.items()
    ]


def pick(stage: str, name: str | None, given: dict[str, Any]) -> Any:
    """The chosen model with those of the given flags that are its own."""
    mine = {o.name for o in recipe.options(stages.model_class(stage, name))}
    return recipe.build(stage, name, {k: v for k, v in given.items() if k in mine})


def meant(stage: str, given: dict[str, Any]) -> str:
    """The model that is meant by the options given: the first that has all those that any model of the stage
    has, or the default."""
    own = {name: {o.name for o in recipe.options(stages.model_class(stage, name))} for name in stages.models_of(stage)}
    asked = set(given) & set().union(*own.values())
    return next((name for name, has in own.items() if asked <= has), stages.default_model(stage))


def stage_command(title: str, chosen: list[str], sentence: str) -> None:
    """A command that does one stage, or a chain of them, to a film."""
    asked = [
        parameter(
            "model" if len(chosen) == 1 else stage,
            Optional[str],
            None,
            option(f"Model for {stage}: {', '.join(stages.models_of(stage))} [default: {stages.default_model(stage)}]"),
        )
        for stage in chosen
    ]
    own = flags(chosen)

    def command(**given: Any) -> None:
        from reimagine.cli.terminal import guarded

        with guarded(given["quiet"], given["json"]) as progress:
            names = [given[p.name] for p in asked]
            chain = chosen
            if given.get("compose"):
                chain, names = ["compose", *chosen[1:]], [None, *names[1:]]
            wished = {p.name: given[p.name] for p in own if given[p.name] is not None}
            steps = [pick(s, n or meant(s, wished), wished) for s, n in zip(chain, names, strict=True)]
            stray = set(wished) - {o.name for step in steps for o in recipe.options(type(step))}
            if stray:
                raise RecipeError(
                    f"--{stray.pop()} is not an option of {' or '.join(' '.join(stages.identify(s)) for s in steps)}"
                )
            given["film"] = given["film"] or nothing(given["into"])
            for film in films(given["film"]):
                deliver(film, steps, given, progress)

    extra = {"colorize": [EXPORT_REFERENCES], "music": [COMPOSE], "continue": [ENDINGS]}.get(title, [])
    register(command, [SCORE if title == "compose" else FILM, *asked, *own, *extra, *COMMON], sentence)
    app.command(title)(command)


ENDINGS = parameter("endings", int, 1, option("So many films, each with an ending of its own"))
EXPORT_REFERENCES = parameter(
    "export_references",
    Optional[Path],
    None,
    option("Write one ref_nnnnnn.png a shot here, to edit and give back as --references"),
)


COMPOSE = parameter(
    "compose", bool, False, option("Play a melody composed for the film; nothing is transcribed", "--compose")
)
SCORE = parameter(
    "film", Optional[Path], None, typer.Argument(help="Notes to go on from, .mid (or a film) [default: none]")
)


def nothing(into: Path | None) -> Path:
    """A score without notes, to start from."""
    from reimagine.media import Notes
    from reimagine.media.notes import write_notes

    path = (into or Path("runs") / "compose") / "nothing.mid"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        write_notes(path, Notes(()))
    return path


def films(source: Path) -> list[Path]:
    """A folder of pictures is as many films of one frame; anything else is one film."""
    if source.is_dir() and not (source / "run.json").exists():
        from reimagine.media.film import IMAGE_SUFFIXES, list_images

        if not list_images(source):
            kinds = ", ".join(IMAGE_SUFFIXES)
            raise RecipeError(f"{source}: neither a run folder nor a folder of pictures ({kinds})")
        return list_images(source)
    return [source]


def deliver(film: Path, steps: list[Any], given: dict[str, Any], progress: Any) -> None:
    from reimagine.api import run
    from reimagine.media.export import Encoding

    alone = film == given["film"]
    if not alone and given["output"]:
        raise RecipeError("-o names one file, but this is a folder of pictures; leave it out")
    into = given["into"] / film.stem if given["into"] and not alone else given["into"]
    done = run(
        film,
        steps,
        into,
        given["output"],
        start=given["start"],
        end=given["end"],
        device=given["device"],
        engine=given["engine"],
        intermediates=given["intermediates"],
        encoding=Encoding(given["codec"], given["crf"], given["preset"]),
        endings=given.get("endings", 1),
        progress=progress,
    )
    if given.get("export_references"):
        from reimagine.gallery.references import export_references

        export_references(done.folder, given["export_references"])
    typer.echo(done.film)


stage_command("restore", ["restore"], "Clean a worn film, or make a positive of a negative; comes first.")
stage_command("colorize", ["colorize"], "Colour a black-and-white film.")
stage_command("stabilize", ["stabilize"], "Take the flicker out of a film's colours.")
stage_command("cartoon", ["cartoon"], "Draw the film in an artist's look.")
stage_command(
    "music", ["transcribe", "timbre", "mix"], "Transcribe the film's music and play it again in other timbres."
)
stage_command("transcribe", ["transcribe"], "Write down the notes of a film's music, as MIDI.")
stage_command("compose", ["compose"], "Invent a melody: go on with one, answer it, or start one.")
stage_command("continue", ["continue"], "Let the film go on after its last frame.")


def run_recipe(**given: Any) -> None:
    from reimagine import bundled
    from reimagine.cli.terminal import guarded

    with guarded(given["quiet"], given["json"]) as progress:
        if given["list"] or not given["recipe"]:
            for name, path in bundled.recipes().items():
                typer.echo(f"{name:<18} {bundled.sentence(path)}")
            return
        path = bundled.recipe(given["recipe"])
        if given["copy"]:
            copied(path, given["copy"])
            return
        steps = recipe.read(path, check=True)
        if not given["film"]:
            raise RecipeError(f"{path}: give a film to do it to: reimagine run {given['recipe']} film.mp4")
        for film in films(given["film"]):
            if given["dry_run"]:
                foretell(film, steps, given, progress)
            else:
                deliver(film, steps, given, progress)


def copied(path: Path, to: Path) -> None:
    """A recipe to change; nothing is written over."""
    if to.exists():
        raise RecipeError(f"{to} is there already; give --copy another name")
    to.write_text(path.read_text().replace(f"run {path.stem} ", f"run {to} ", 1))
    typer.echo(to)


def foretell(film: Path, steps: list[Any], given: dict[str, Any], progress: Any) -> None:
    """What would be done, and what that costs."""
    from reimagine.execution.dry_run import plan
    from reimagine.runs.folder import Run

    here = Run.open(film, given["into"], given["start"], given["end"], progress)
    planned = list(plan(here, steps, given["intermediates"]))
    for step in planned:
        cost = "done" if step.done else f"about {step.seconds:,.0f} s, {step.bytes / 1e6:,.0f} MB"
        typer.echo(f"{step.stage:<11} {step.model:<12} {step.key}  {cost}")
    seconds, size = (sum(column) for column in zip(*((s.seconds, s.bytes) for s in planned), strict=True))
    typer.echo(f"{'all':<34} about {seconds / 60:,.1f} minutes on two cores, {size / 1e6:,.0f} MB")


RECIPE = parameter(
    "recipe", Optional[str], None, typer.Argument(help="A recipe: a .toml file, or a name that --list shows.")
)
WHOSE = parameter("film", Optional[Path], None, typer.Argument(help="A film, or a run folder to go on with."))
ABOUT = [
    parameter("list", bool, False, option("The recipes that come along", "--list")),
    parameter("copy", Optional[Path], None, option("Copy the recipe here, to change it; nothing is run")),
    parameter("dry_run", bool, False, option("Only say what would be done: steps, keys, time, disk", "--dry-run")),
]
register(run_recipe, [RECIPE, WHOSE, *ABOUT, *COMMON], "Do a whole recipe to a film.")
app.command("run")(run_recipe)
