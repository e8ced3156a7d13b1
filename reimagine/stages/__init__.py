"""THE TABLE: every stage, every model, every training. Strings, so that reading it loads nothing.

A stage reads one track and writes one (`mix` reads the film's own sound and the new one). The
first model of a stage is its default. A new model is a folder or a file, and one line here.
"""
from __future__ import annotations

from importlib import import_module
from typing import Any

from reimagine.errors import RecipeError, unknown_name

STAGES: dict[str, tuple[str, str]] = {
    # stage        reads      writes
    "restore":    ("picture", "picture"),
    "colorize":   ("picture", "picture"),
    "stabilize":  ("picture", "picture"),
    "cartoon":    ("picture", "picture"),
    "continue":   ("picture", "picture"),
    "transcribe": ("sound",   "notes"),
    "compose":    ("notes",   "notes"),
    "timbre":     ("notes",   "sound"),
    "mix":        ("sound",   "sound"),
}  # fmt: skip

FIRST = ("restore",)
"""Stages that want the picture as it was found: before any other picture stage."""

MODELS: dict[str, dict[str, str]] = {
    "restore": {
        "unet-gan": "reimagine.stages.restore.unet_gan.stage:RestoreUNetGAN",
        "classic": "reimagine.stages.restore.classic:Classic",
    },
    "colorize": {
        "unet": "reimagine.stages.colorize.unet.stage:ColorizeUNet",
        "temporal": "reimagine.stages.colorize.temporal.stage:ColorizeTemporal",
        "deoldify": "reimagine.stages.colorize.deoldify.stage:DeOldifyColor",
        "tint": "reimagine.stages.colorize.tint:Tint",
    },
    "stabilize": {
        "flow": "reimagine.stages.stabilize.flow:Flow",
        "convlstm": "reimagine.stages.stabilize.convlstm.stage:StabilizeConvLSTM",
    },
    "cartoon": {
        "cartoongan": "reimagine.stages.cartoon.cartoongan.stage:CartoonGAN",
        "ink": "reimagine.stages.cartoon.ink:Ink",
    },
    "continue": {
        "recall": "reimagine.stages.continuation.recall.stage:Recall",
        "pix2pix": "reimagine.stages.continuation.pix2pix.stage:Pix2Pix",
        "hold": "reimagine.stages.continuation.hold:Hold",
    },
    "transcribe": {
        "basic-pitch": "reimagine.stages.transcribe.basic_pitch:BasicPitch",
        "pyin": "reimagine.stages.transcribe.pyin:Pyin",
    },
    "compose": {"melody": "reimagine.stages.compose.melody.stage:Melody"},
    "timbre": {
        "harmonic": "reimagine.stages.timbre.harmonic.stage:HarmonicTimbre",
        "gansynth": "reimagine.stages.timbre.gansynth.stage:GanSynth",
        "soundfont": "reimagine.stages.timbre.soundfont:Soundfont",
        "sine": "reimagine.stages.timbre.sine:Sine",
    },
    "mix": {"level": "reimagine.stages.mix.level:Level"},
}

TRAININGS: dict[str, str] = {
    "restore": "reimagine.stages.restore.unet_gan.train:TrainRestore",
    "colorize": "reimagine.stages.colorize.unet.train:TrainColorize",
    "colorize-temporal": "reimagine.stages.colorize.temporal.train:TrainColorizeTemporal",
    "stabilize": "reimagine.stages.stabilize.convlstm.train:TrainStabilize",
    "timbre": "reimagine.stages.timbre.harmonic.train:TrainTimbre",
    "compose": "reimagine.stages.compose.melody.train:TrainCompose",
    "cartoon": "reimagine.stages.cartoon.cartoongan.train:TrainCartoon",
    "continue": "reimagine.stages.continuation.recall.train:TrainContinue",
}


def default_model(stage: str) -> str:
    """The name of a stage's default model."""
    return next(iter(models_of(stage)))


def models_of(stage: str) -> dict[str, str]:
    if stage not in MODELS:
        raise RecipeError(unknown_name("stage", stage, MODELS))
    return MODELS[stage]


def model_class(stage: str, name: str | None = None) -> type[Any]:
    """The model's class; without a name, the default's."""
    models = models_of(stage)
    name = name or next(iter(models))
    if name not in models:
        raise RecipeError(unknown_name(f"model for {stage}", name, models))
    return _object(models[name])


def training_class(name: str) -> type[Any]:
    if name not in TRAININGS:
        raise RecipeError(unknown_name("training", name, TRAININGS))
    return _object(TRAININGS[name])


def identify(model: Any) -> tuple[str, str]:
    """(stage, name) of a model instance or class."""
    cls = model if isinstance(model, type) else type(model)
    where = f"{cls.__module__}:{cls.__qualname__}"
    for stage, models in MODELS.items():
        for name, row in models.items():
            if row == where:
                return stage, name
    raise RecipeError(f"{cls.__qualname__} stands in no row of the table of models")


def _object(row: str) -> type[Any]:
    module, _, name = row.partition(":")
    return getattr(import_module(module), name)
