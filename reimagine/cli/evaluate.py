"""`reimagine evaluate`: measure a model or a film against ground truth."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from reimagine import recipe

if TYPE_CHECKING:
    from reimagine.evaluation.continuation import ContinuationResult
    from reimagine.media.audio.sound import Sound
    from reimagine.metrics.perceptual import PerceptualDistance
    from reimagine.progress import Progress
    from reimagine.stages.contract import Synthesizer

app = typer.Typer(no_args_is_help=True, help="Measure a model or a film against ground truth.")

Weights = Annotated[Optional[str], typer.Option(help="Weights, a name or a path")]
Into = Annotated[Optional[Path], typer.Option(help="Folder for all results [default: runs/evaluate-<film's stem>]")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or mps")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON")]
Lpips = Annotated[
    Optional[Path],
    typer.Option(
        help="Folder with squeezenet11_features.safetensors and lpips_squeeze_heads.safetensors, for LPIPS "
        "[default: a distance between features of the shipped colorizer's encoder]"
    ),
]


def _distance(lpips: Path | None) -> PerceptualDistance:
    """LPIPS with the published weights in a folder, or the distance that needs no folder."""
    from reimagine.metrics.perceptual import LPIPS_FILES, PerceptualDistance

    return PerceptualDistance(*(lpips / name for name in LPIPS_FILES)) if lpips else PerceptualDistance()


def _given(**options: Any) -> dict[str, Any]:
    """The options that were given on the command line."""
    return {name: value for name, value in options.items() if value is not None}


@app.command("colour")
def evaluate_colour(
    source: Annotated[
        Path,
        typer.Argument(help="A folder of colour photographs, or a colour film, whose second half is evaluated"),
    ],
    model: Annotated[Optional[str], typer.Option(help="Model for colorize")] = None,
    weights: Weights = None,
    size: Annotated[Optional[int], typer.Option(help="Short side at which the network works, in pixels")] = None,
    minutes: Annotated[
        float, typer.Option(help="With a film: also evaluate a colorizer trained on its first half for this long")
    ] = 0.0,
    details: Annotated[
        bool,
        typer.Option("--details", help="Also print chroma by predicted chroma, and the hues of dark plain regions"),
    ] = False,
    into: Into = None,
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Convert photographs or a film to grey, colorize them, and compare with the originals."""
    from reimagine.cli.terminal import command_progress, measured_tables

    with command_progress(False, False):
        from reimagine.evaluation.colour import details_of, evaluate_film, evaluate_photos, numbers_of
        from reimagine.evaluation.common import read_squares
        from reimagine.zoo.device import select_device

        chosen, device = recipe.build("colorize", model, _given(weights=weights, size=size)), select_device(device)
        if source.is_dir():
            comparisons = evaluate_photos(chosen, read_squares(source), device)
        else:
            models = {"as it is": chosen}
            if minutes:
                models["after the first half"] = _trained_on_first_half(source, minutes, into, device)
            comparisons = evaluate_film(models, source, device)
        measured_tables("colour", {"": numbers_of(comparisons), **(details_of(comparisons) if details else {})}, json)


def _trained_on_first_half(film: Path, minutes: float, into: Path | None, device: str) -> Any:
    """A colorizer trained on the first half of a film."""
    from reimagine import stages
    from reimagine.zoo.threads import training_threads

    training = stages.training_class("colorize-temporal")(film=[film], until=0.5, minutes=minutes)
    with training_threads():
        weights = training(into or Path("runs") / f"evaluate-{film.stem}", device)
    return recipe.build("colorize", "temporal", {"weights": str(weights)})


@app.command("restore")
def evaluate_restore(
    source: Annotated[Path, typer.Argument(help="A folder of good photographs, or a film; they are degraded")],
    model: Annotated[Optional[str], typer.Option(help="Model for restore")] = None,
    weights: Weights = None,
    kind: Annotated[
        Optional[list[str]], typer.Option(help="Kind of degradation, or none; repeat it for more [default: all]")
    ] = None,
    seed: Annotated[int, typer.Option(help="Random seed of the degradation")] = 0,
    frames: Annotated[int, typer.Option(help="With a film: number of frames from its beginning")] = 48,
    lpips: Lpips = None,
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Degrade photographs or a film, restore them, and compare with the originals; undegraded ones as well."""
    from reimagine.cli.terminal import command_progress, measured

    with command_progress(False, False):
        from reimagine.evaluation.restoration import evaluate_restoration
        from reimagine.zoo.device import select_device

        chosen = recipe.build("restore", model, _given(weights=weights))
        device, distance = select_device(device), _distance(lpips)
        measured("restore", evaluate_restoration(chosen, source, device, distance, kind or [], seed, frames), json)


@app.command("warp")
def evaluate_warp(
    result: Annotated[Path, typer.Argument(help="A film that was colorized, redrawn or stabilized")],
    source: Annotated[Path, typer.Option(help="The film that it was made from")],
    before: Annotated[Optional[Path], typer.Option(help="The film before it was stabilized")] = None,
    lai_compat: Annotated[
        bool, typer.Option("--lai-compat", help="Compute it as the published code does, errors included")
    ] = False,
    lpips: Lpips = None,
    json: Json = False,
) -> None:
    """Measure a film's temporal consistency, colourfulness and sharpness."""
    from reimagine.cli.terminal import command_progress, measured

    with command_progress(False, False):
        from reimagine.evaluation.consistency import evaluate_consistency

        measured("warp", evaluate_consistency(source, result, before, lai_compat, _distance(lpips)), json)


@app.command("continuation")
def evaluate_continuation(
    film: Annotated[Path, typer.Argument(help="A film whose end is held out")],
    model: Annotated[
        Optional[list[str]], typer.Option(help="Model for continue; repeat it for more [default: all]")
    ] = None,
    seconds: Annotated[float, typer.Option(help="Length of the continuations, in seconds")] = 10.0,
    held: Annotated[float, typer.Option(help="Length of the ending that is held out, in seconds")] = 1.0,
    minutes: Annotated[Optional[float], typer.Option(help="Learning time of each model, in minutes")] = None,
    into: Into = None,
    device: Device = "auto",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress")] = False,
    json: Json = False,
) -> None:
    """Hold out a film's end, generate continuations, and compare: motion, sharpness, colours, collapse."""
    from reimagine.cli.terminal import command_progress, measured

    with command_progress(quiet, False) as progress:
        from reimagine.gallery.continuations import write_comparison

        folder = into or Path("runs") / f"evaluate-{film.stem}"
        result = _continued(film, model, minutes, seconds, held, folder, device, progress)
        write_comparison(result, folder)
        measured("continuation", result.rows, json)


def _continued(
    film: Path,
    names: Sequence[str] | None,
    minutes: float | None,
    seconds: float,
    held: float,
    folder: Path,
    device: str,
    progress: Progress,
) -> ContinuationResult:
    """The evaluation of the named models (None: all); `minutes` goes to those that learn."""
    from reimagine import stages
    from reimagine.evaluation.continuation import evaluate_continuation
    from reimagine.zoo.device import select_device

    models = {}
    for name in names or stages.models_of("continue"):
        known = {option.name for option in recipe.options(stages.model_class("continue", name))}
        options = {key: value for key, value in _given(minutes=minutes).items() if key in known}
        models[name] = recipe.build("continue", name, options)
    device = select_device(device)
    return evaluate_continuation(models, film, seconds, held, folder, device, progress, _distance(None))


@app.command("notes")
def evaluate_notes(
    recordings: Annotated[
        list[Path], typer.Argument(help="Recordings, each with its notes beside it (.notes.tsv, .mid)")
    ],
    truth: Annotated[Optional[Path], typer.Option(help="File with the notes of a single recording")] = None,
    model: Annotated[Optional[str], typer.Option(help="Model for transcribe")] = None,
    weights: Weights = None,
    thresholds: Annotated[Optional[str], typer.Option(help="Thresholds of basic-pitch: film or published")] = None,
    damage: Annotated[
        Optional[str],
        typer.Option(help="Damage the recordings first: optical, band, hiss, hum, crackle, wow or distortion"),
    ] = None,
    seed: Annotated[int, typer.Option(help="Random seed of the damage")] = 0,
    json: Json = False,
) -> None:
    """Transcribe recordings and compare with their notes."""
    from reimagine.cli.terminal import command_progress, measured

    with command_progress(False, False):
        from reimagine.evaluation.music import evaluate_transcription

        chosen = recipe.build("transcribe", model, _given(weights=weights, thresholds=thresholds))
        measured("notes", evaluate_transcription(chosen, recordings, truth, damage, seed), json)


@app.command("timbre")
def evaluate_timbre(
    model: Annotated[Optional[str], typer.Option(help="Model for timbre")] = None,
    weights: Weights = None,
    instruments: Annotated[Optional[str], typer.Option(help="Names, separated by commas [default: all]")] = None,
    soundfont: Annotated[Optional[Path], typer.Option(help="General MIDI .sf2 to compare with")] = None,
    json: Json = False,
) -> None:
    """Measure every instrument on a scale of five octaves: pitch, silence, loudness, distance from the soundfont."""
    from reimagine.cli.terminal import command_progress, measured

    with command_progress(False, False):
        from reimagine.evaluation.music import evaluate_timbre

        chosen = recipe.build("timbre", model, _given(weights=weights))
        names = [n.strip() for n in instruments.split(",")] if instruments else None
        transcribe = recipe.build("transcribe", None, {}).load("cpu")
        measured("timbre", evaluate_timbre(_instruments(chosen, names, soundfont), transcribe), json)


def _instruments(
    model: Any, names: Sequence[str] | None, soundfont: Path | None
) -> Iterator[tuple[str, Synthesizer, Sound | None]]:
    """Name and synthesizer of each instrument, and the soundfont's rendering of the scale with the same name."""
    from reimagine.metrics.timbre import scale
    from reimagine.stages.timbre.soundfont import Soundfont, program_number

    available = model.choices().get("instruments", ())
    for name in names or available or ["default"]:
        single = dataclasses.replace(model, instruments=name, room=0.0) if available else model
        reference = Soundfont(soundfont, program_number(name)).load("cpu")(scale()) if soundfont else None
        yield name, single.load("cpu"), reference
