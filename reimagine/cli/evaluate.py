"""`reimagine evaluate`: a model, or a film, against the truth."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from reimagine import recipe

app = typer.Typer(no_args_is_help=True, help="Measure a model against the truth.")


@app.command("colour")
def evaluate_colour(
    source: Annotated[
        Path,
        typer.Argument(help="A folder of colour photographs, or a film in colour, of which the second half is asked"),
    ],
    model: Annotated[Optional[str], typer.Option(help="Model for colorize")] = None,
    weights: Annotated[Optional[str], typer.Option(help="A name in the zoo, or a path")] = None,
    size: Annotated[Optional[int], typer.Option(help="Short side at which the network works")] = None,
    minutes: Annotated[
        float, typer.Option(help="Of a film: so long, a colorizer learns from its first half and is asked as well")
    ] = 0.0,
    into: Annotated[
        Optional[Path], typer.Option(help="Folder for what it learns [default: runs/evaluate-<film's stem>]")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps")] = "auto",
    json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Grey photographs or a film, colour them, compare with the truth."""
    from reimagine.cli.terminal import guarded, table

    with guarded(False, False):
        from reimagine.evaluation import workflows as measure
        from reimagine.zoo.device import configure_device

        given = {k: v for k, v in (("weights", weights), ("size", size)) if v is not None}
        chosen = recipe.build("colorize", model, given)
        if source.is_dir():
            table(measure.colour(chosen, measure.read_squares(source), configure_device(device)), json)
            return
        models = {"as it is": chosen}
        if minutes:
            models["after the first half"] = _taught(source, minutes, into, device)
        table(measure.film_colour(models, source, configure_device(device)), json)


def _taught(film: Path, minutes: float, into: Path | None, device: str) -> Any:
    """A colorizer that has learnt the first half of a film."""
    from reimagine import stages
    from reimagine.zoo.device import configure_device

    learn = stages.training_class("colorize-temporal")(film=[film], until=0.5, minutes=minutes)
    weights = learn(into or Path("runs") / f"evaluate-{film.stem}", configure_device(device, alone=True))
    return recipe.build("colorize", "temporal", {"weights": str(weights)})


@app.command("restore")
def evaluate_restore(
    source: Annotated[Path, typer.Argument(help="A folder of good photographs, or a film, to be damaged")],
    model: Annotated[Optional[str], typer.Option(help="Model for restore")] = None,
    weights: Annotated[Optional[str], typer.Option(help="A name in the zoo, or a path")] = None,
    kind: Annotated[
        Optional[list[str]], typer.Option(help="Kind of damage, or none; give it again for another [default: all]")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed, other damage")] = 0,
    frames: Annotated[int, typer.Option(help="Of a film: so many frames from its beginning")] = 48,
    lpips: Annotated[
        Optional[Path],
        typer.Option(
            help="Folder with squeezenet11_features.safetensors and "
            "lpips_squeeze_heads.safetensors [default: the shipped "
            "colorizer's encoder judges]"
        ),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps")] = "auto",
    json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Damage photographs or a film, restore them, compare with what they were; undamaged ones as well."""
    from reimagine.cli.terminal import guarded, table

    with guarded(False, False):
        from reimagine.evaluation import workflows as measure
        from reimagine.metrics.perceptual import LPIPS_FILES, PerceptualDistance
        from reimagine.zoo.device import configure_device

        chosen = recipe.build("restore", model, {"weights": weights} if weights else {})
        judge = PerceptualDistance(*(lpips / name for name in LPIPS_FILES)) if lpips else PerceptualDistance()
        table(measure.restore(chosen, source, configure_device(device), judge, kind or [], seed, frames), json)


@app.command("warp")
def evaluate_warp(
    result: Annotated[Path, typer.Argument(help="A film that was coloured, drawn or stabilized")],
    source: Annotated[Path, typer.Option(help="The film it was made from")],
    before: Annotated[Optional[Path], typer.Option(help="What it was before it was stabilized")] = None,
    lai_compat: Annotated[
        bool, typer.Option("--lai-compat", help="As the published code counts, slips included")
    ] = False,
    lpips: Annotated[
        Optional[Path],
        typer.Option(
            help="Folder with squeezenet11_features.safetensors and "
            "lpips_squeeze_heads.safetensors [default: the shipped "
            "colorizer's encoder judges]"
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """How much a film flickers, and whether it paid for steadiness with colour or sharpness."""
    from reimagine.cli.terminal import guarded, table

    with guarded(False, False):
        from reimagine.evaluation import workflows as measure
        from reimagine.metrics.perceptual import LPIPS_FILES, PerceptualDistance

        judge = PerceptualDistance(*(lpips / name for name in LPIPS_FILES)) if lpips else PerceptualDistance()
        table(measure.warp(source, result, before, lai_compat, judge), json)


@app.command("continuation")
def evaluate_continuation(
    film: Annotated[Path, typer.Argument(help="A film whose end is held out")],
    model: Annotated[
        Optional[list[str]], typer.Option(help="Model for continue; give it again for another [default: all]")
    ] = None,
    seconds: Annotated[float, typer.Option(help="How far they are to go on")] = 10.0,
    held: Annotated[float, typer.Option(help="Seconds of the film's end that are held out")] = 1.0,
    minutes: Annotated[Optional[float], typer.Option(help="How long each learns from the film")] = None,
    into: Annotated[
        Optional[Path],
        typer.Option(
            help="Folder for what they learn and dream, the plot, the "
            "sheet and the comparison film "
            "[default: runs/evaluate-<film's stem>]"
        ),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps")] = "auto",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """What models dream up after a film, beside what really came: motion, sharpness, colours, collapse."""
    from reimagine import stages
    from reimagine.cli.terminal import guarded, table

    with guarded(quiet, False) as progress:
        from reimagine.evaluation import workflows as measure
        from reimagine.gallery.continuations import write_comparison
        from reimagine.metrics.perceptual import PerceptualDistance
        from reimagine.zoo.device import configure_device

        given = {} if minutes is None else {"minutes": minutes}
        models = {}
        for name in model or stages.models_of("continue"):
            mine = {o.name for o in recipe.options(stages.model_class("continue", name))}
            models[name] = recipe.build("continue", name, {k: v for k, v in given.items() if k in mine})
        folder = into or Path("runs") / f"evaluate-{film.stem}"
        told = measure.continuation(
            models, film, seconds, held, folder, configure_device(device), progress, PerceptualDistance()
        )
        write_comparison(told, folder)
        table(told.rows, json)


@app.command("notes")
def evaluate_notes(
    recordings: Annotated[
        list[Path], typer.Argument(help="Recordings, with their true notes beside them (.notes.tsv, .mid)")
    ],
    truth: Annotated[Optional[Path], typer.Option(help="The true notes of a single recording")] = None,
    model: Annotated[Optional[str], typer.Option(help="Model for transcribe")] = None,
    thresholds: Annotated[Optional[str], typer.Option(help="Of basic-pitch: film or published")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Transcribe recordings and compare with their true notes."""
    from reimagine.cli.terminal import guarded, table

    with guarded(False, False):
        from reimagine.evaluation import workflows as measure

        given = {"thresholds": thresholds} if thresholds else {}
        chosen = recipe.build("transcribe", model, given)
        table(measure.notes(chosen, recordings, truth), json)


@app.command("timbre")
def evaluate_timbre(
    model: Annotated[Optional[str], typer.Option(help="Model for timbre")] = None,
    weights: Annotated[Optional[str], typer.Option(help="A name in the zoo, or a path")] = None,
    instruments: Annotated[Optional[str], typer.Option(help="Names, with commas [default: all]")] = None,
    soundfont: Annotated[Optional[Path], typer.Option(help="General MIDI .sf2 to compare with")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Every instrument on a scale of five octaves: in tune, audible, and like the real one?"""
    from reimagine.cli.terminal import guarded, table

    with guarded(False, False):
        from reimagine.evaluation import workflows as measure

        given = {"weights": weights} if weights else {}
        chosen = recipe.build("timbre", model, given)
        names = [n.strip() for n in instruments.split(",")] if instruments else None
        hear = recipe.build("transcribe", None, {}).load("cpu")
        table(measure.timbre(_played(chosen, names, soundfont), hear), json)


def _played(model: Any, names: list[str] | None, font: Path | None) -> Iterator[tuple]:
    """Every instrument of a timbre, and the soundfont's of the same name."""
    from reimagine.metrics.timbre import scale
    from reimagine.stages.timbre.soundfont import Soundfont, program_of

    for name in names or (model.names() if hasattr(model, "names") else ["its only sound"]):
        alone = dataclasses.replace(model, instruments=name, room=0.0) if hasattr(model, "names") else model
        real = Soundfont(font, program_of(name)).load("cpu")(scale()) if font else None
        yield name, alone.load("cpu"), real
