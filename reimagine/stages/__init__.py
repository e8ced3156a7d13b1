"""The table of stages, models and trainings. Rows are strings, so that reading the table loads nothing.

A stage reads one track and writes one. The first model of a stage is its default. A new stage is a folder and a row
here; a new model is a folder or a file and a line in its stage's row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from reimagine.errors import RecipeError, unknown_name
from reimagine.stages.contract import Kind


@dataclass(frozen=True)
class Stage:
    """One row of the table.

    Attributes:
        kind: what the stage reads and writes, and which contract its models fulfil.
        models: "module:class" by model name; the first is the default.
        help: one sentence for `reimagine --help`.
        done: past participle for the gallery page, such as "coloured".
        preview: whether `reimagine preview <stage> FILM` exists.
        restores_source: the stage needs the unprocessed picture, so it comes before all other picture stages, and later
            stages use its result as the source.
        measures_input: `report.json` also measures the picture that the stage was given.
    """

    kind: Kind
    models: Mapping[str, str]
    help: str
    done: str
    preview: bool = False
    restores_source: bool = False
    measures_input: bool = False


@dataclass(frozen=True)
class Chain:
    """A command that runs several stages.

    Attributes:
        stages: the stages, in order.
        help: one sentence for `reimagine --help`.
        flag: an option that selects other stages instead.
        flag_stages: the stages that it selects.
        flag_help: help text of the option.
    """

    stages: tuple[str, ...]
    help: str
    flag: str
    flag_stages: tuple[str, ...]
    flag_help: str


STAGES: dict[str, Stage] = {
    "restore": Stage(
        Kind.PICTURE,
        {
            "unet-gan": "reimagine.stages.restore.unet_gan.stage:RestoreUNetGAN",
            "classic": "reimagine.stages.restore.classic:Classic",
        },
        help="Restore a damaged film, or turn a negative into a positive. Must be the first picture stage.",
        done="restored",
        preview=True,
        restores_source=True,
    ),
    "colorize": Stage(
        Kind.PICTURE,
        {
            "unet": "reimagine.stages.colorize.unet.stage:ColorizeUNet",
            "temporal": "reimagine.stages.colorize.temporal.stage:ColorizeTemporal",
            "deoldify": "reimagine.stages.colorize.deoldify.stage:DeOldifyColor",
            "ddcolor": "reimagine.stages.colorize.ddcolor.stage:DDColorModel",
            "tint": "reimagine.stages.colorize.tint:Tint",
        },
        help="Colour a black-and-white film.",
        done="coloured",
        preview=True,
    ),
    "stabilize": Stage(
        Kind.PICTURE,
        {
            "flow": "reimagine.stages.stabilize.flow:Flow",
            "convlstm": "reimagine.stages.stabilize.convlstm.stage:StabilizeConvLSTM",
        },
        help="Remove the flicker of a film that was coloured or drawn frame by frame.",
        done="stabilized",
        measures_input=True,
    ),
    "cartoon": Stage(
        Kind.PICTURE,
        {
            "cartoongan": "reimagine.stages.cartoon.cartoongan.stage:CartoonGAN",
            "ink": "reimagine.stages.cartoon.ink:Ink",
        },
        help="Redraw the film in an artist's look.",
        done="redrawn",
        preview=True,
    ),
    "upscale": Stage(
        Kind.PICTURE,
        {
            "edsr": "reimagine.stages.upscale.edsr.stage:UpscaleEDSR",
            "lanczos": "reimagine.stages.upscale.lanczos:Lanczos",
            "spandrel": "reimagine.stages.upscale.spandrel_package:Spandrel",
        },
        help="Enlarge the picture: twice, four times, or to a height.",
        done="enlarged",
    ),
    "interpolate": Stage(
        Kind.INTERPOLATION,
        {
            "flow": "reimagine.stages.interpolate.flow:FlowInterpolation",
            "rife": "reimagine.stages.interpolate.rife.stage:RIFEInterpolation",
        },
        help="Compute frames between the film's own: another frame rate, or slow motion.",
        done="interpolated",
    ),
    "continue": Stage(
        Kind.CONTINUATION,
        {
            "recall": "reimagine.stages.continuation.recall.stage:Recall",
            "pix2pix": "reimagine.stages.continuation.pix2pix.stage:Pix2Pix",
            "hold": "reimagine.stages.continuation.hold:Hold",
        },
        help="Generate frames that follow the film's last frame.",
        done="continued",
    ),
    "transcribe": Stage(
        Kind.TRANSCRIPTION,
        {
            "onsets-frames": "reimagine.stages.transcribe.onsets_frames.stage:OnsetsFrames",
            "basic-pitch": "reimagine.stages.transcribe.basic_pitch:BasicPitch",
            "transkun": "reimagine.stages.transcribe.transkun:Transkun",
            "pyin": "reimagine.stages.transcribe.pyin:Pyin",
        },
        help="Transcribe the film's music to MIDI.",
        done="transcribed",
    ),
    "compose": Stage(
        Kind.COMPOSITION,
        {"melody": "reimagine.stages.compose.melody.stage:Melody"},
        help="Compose a melody: continue one, answer it, or start a new one.",
        done="given a melody",
    ),
    "timbre": Stage(
        Kind.SYNTHESIS,
        {
            "harmonic": "reimagine.stages.timbre.harmonic.stage:HarmonicTimbre",
            "gansynth": "reimagine.stages.timbre.gansynth.stage:GanSynth",
            "soundfont": "reimagine.stages.timbre.soundfont:Soundfont",
            "sine": "reimagine.stages.timbre.sine:Sine",
        },
        help="Synthesize notes with chosen instruments: those of a MIDI file, or of a run folder.",
        done="played on other instruments",
    ),
    "mix": Stage(
        Kind.MIX,
        {"level": "reimagine.stages.mix.level:Level"},
        help="Mix the new sound of a run folder with the film's own.",
        done="mixed",
    ),
}

CHAINS: dict[str, Chain] = {
    "music": Chain(
        ("transcribe", "timbre", "mix"),
        help="Transcribe the film's music and play it on other instruments.",
        flag="compose",
        flag_stages=("compose", "timbre", "mix"),
        flag_help="Play a melody composed for the film; nothing is transcribed",
    ),
}

TRAININGS: dict[str, str] = {
    "restore": "reimagine.stages.restore.unet_gan.train:TrainRestore",
    "colorize": "reimagine.stages.colorize.unet.train:TrainColorize",
    "colorize-temporal": "reimagine.stages.colorize.temporal.train:TrainColorizeTemporal",
    "stabilize": "reimagine.stages.stabilize.convlstm.train:TrainStabilize",
    "transcribe": "reimagine.stages.transcribe.onsets_frames.train:TrainTranscribe",
    "timbre": "reimagine.stages.timbre.harmonic.train:TrainTimbre",
    "compose": "reimagine.stages.compose.melody.train:TrainCompose",
    "cartoon": "reimagine.stages.cartoon.cartoongan.train:TrainCartoon",
    "continue": "reimagine.stages.continuation.recall.train:TrainContinue",
    "upscale": "reimagine.stages.upscale.edsr.train:TrainUpscale",
}


def stage_named(name: str) -> Stage:
    """The row of a stage.

    Raises:
        RecipeError: there is no such stage; the nearest name is offered.
    """
    if name not in STAGES:
        raise RecipeError(unknown_name("stage", name, STAGES))
    return STAGES[name]


def models_of(stage: str) -> Mapping[str, str]:
    """The models of a stage by name, as "module:class"; the first is the default."""
    return stage_named(stage).models


def default_model(stage: str) -> str:
    """The name of a stage's default model."""
    return next(iter(models_of(stage)))


def model_class(stage: str, name: str | None = None) -> type[Any]:
    """The class of a model; of the default model if no name is given.

    Raises:
        RecipeError: there is no such stage or model; the nearest name is offered.
    """
    models = models_of(stage)
    name = name or next(iter(models))
    if name not in models:
        raise RecipeError(unknown_name(f"model for {stage}", name, models))
    return _object(models[name])


def training_class(name: str) -> type[Any]:
    """The class of a training.

    Raises:
        RecipeError: there is no such training; the nearest name is offered.
    """
    if name not in TRAININGS:
        raise RecipeError(unknown_name("training", name, TRAININGS))
    return _object(TRAININGS[name])


def identify(model: Any) -> tuple[str, str]:
    """(stage, model name) of a model instance or class.

    Raises:
        RecipeError: the object is in no row of the table.
    """
    cls = model if isinstance(model, type) else type(model)
    row = f"{cls.__module__}:{cls.__qualname__}"
    for stage, facts in STAGES.items():
        for name, known in facts.models.items():
            if known == row:
                return stage, name
    raise RecipeError(f"{cls.__qualname__} is not a model of any stage; `reimagine models` lists them")


def _object(row: str) -> type[Any]:
    """The class that a row of the table names, as "module:class"."""
    module, _, name = row.partition(":")
    return getattr(import_module(module), name)
