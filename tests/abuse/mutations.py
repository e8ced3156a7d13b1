"""Damaged files and absurd options, made from valid ones with a seed; and what the program says to them.

Shared with `benchmarks/abuse.py`.
"""

from __future__ import annotations

import io
import json
import random
import struct
import time
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import cv2
import mido
import numpy as np
from damaged_runs import try_run
from safetensors.torch import save

from reimagine import recipe, stages, zoo
from reimagine.errors import ReimagineError
from reimagine.media.audio.sound import read_sound
from reimagine.media.midi.notes import read_notes
from reimagine.media.video.reader import open_film
from reimagine.options import options
from reimagine.stages.compose.melody.net import PhraseGenerator

MAX_LINE = 1000
"""Characters of an error, at most."""
MAX_SECONDS = 30.0
"""Time for one input, at most."""
RECIPE = b"""[[step]]
stage = "restore"
model = "classic"
deflicker = 0.5
[[step]]
stage = "colorize"
model = "tint"
hue = 35.0
saturation = 1.5
[[step]]
stage = "cartoon"
model = "ink"
levels = 5
line = 0.3
"""
CARD = b"""sha256 = "0123456789abcdef"
bytes = 1200
title = "A title"
stage = "colorize"
model = "unet"
licence = "CC0"
measured = [1.5, 2]
"""
TOKENS = [b"nan", b"inf", b"-1", b"1e400", b"9" * 5000, b"[[[[", b"{a={a=", b'"', b"'''", b"\x00", b"\xff", b"true"]
"""Text that replaces a piece of a text file."""
NUMBERS = [0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF]
"""Numbers that replace a field of a binary file."""
ODD: list[Any] = [True, None, "", "x" * 10000, "a\nb", [], {}, b"x", "\0"]
VALUES: list[Any] = [0, -1, 1e308, float("nan"), float("inf"), 10**400, *ODD]
"""Values that are given to options."""


@dataclass(frozen=True)
class Kind:
    """A kind of input.

    Attributes:
        suffix: of its file.
        sample: makes a valid file.
        read: reads a file as the program does.
        text: whether tokens are exchanged, and not binary fields.
    """

    suffix: str
    sample: Callable[[], bytes]
    read: Callable[[Path], object]
    text: bool = False


def sample_wav() -> bytes:
    """A tenth of a second of noise."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(random.Random(0).randbytes(1600))
    return file.getvalue()


def sample_midi() -> bytes:
    """Twenty notes, a tempo and a pitch bend."""
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=400000), mido.Message("pitchwheel", pitch=500)])
    for n in range(20):
        track += [mido.Message("note_on", note=60 + n, time=10), mido.Message("note_off", note=60 + n, time=100)]
    file = io.BytesIO()
    mido.MidiFile(tracks=[track]).save(file=file)
    return file.getvalue()


def sample_png() -> bytes:
    """A picture of 48x32 pixels."""
    noise = np.random.default_rng(0).integers(0, 255, (32, 48, 3), np.uint8)
    return cv2.imencode(".png", noise)[1].tobytes()


def sample_mp4() -> bytes:
    """Six frames of 64x48 pixels."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for n in range(6):
            image = np.random.default_rng(n).integers(0, 255, (48, 64, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        container.mux(stream.encode())
    return file.getvalue()


def sample_weights() -> bytes:
    """Weights of a small network."""
    arch = {"latent": 4, "width": 8}
    return save(PhraseGenerator(**arch).state_dict(), {"arch": json.dumps(arch)})


KINDS = {
    "recipe": Kind(".toml", lambda: RECIPE, lambda path: recipe.read(path, check=True), text=True),
    "card": Kind(".toml", lambda: CARD, zoo.read_card, text=True),
    "safetensors": Kind(".safetensors", sample_weights, lambda path: zoo.load(str(path), PhraseGenerator, "cpu")),
    "wav": Kind(".wav", sample_wav, read_sound),
    "midi": Kind(".mid", sample_midi, read_notes),
    "png": Kind(".png", sample_png, open_film),
    "mp4": Kind(".mp4", sample_mp4, open_film),
}


def mutated(data: bytes, rng: random.Random, text: bool) -> bytes:
    """The data with one to four damages: bits, truncation, repeated or deleted pieces, fields or tokens."""
    result = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(result)) if result else 0
        action = rng.randrange(5)
        if action == 0 and result:
            result[at] ^= 1 << rng.randrange(8)
        elif action == 1:
            del result[at if rng.random() < 0.3 else len(result) - at // 8 :]
        elif action == 2:
            del result[at : at + rng.randint(1, 16)]
        elif action == 3:
            result[at:at] = result[at : at + rng.randint(1, 64)]
        elif text:
            result[at : at + rng.randint(0, 6)] = rng.choice(TOKENS)
        else:
            field = struct.pack(rng.choice("<>") + rng.choice("HI"), 0)
            number = rng.choice(NUMBERS) & (1 << 8 * len(field)) - 1
            result[at : at + len(field)] = number.to_bytes(len(field), rng.choice(["little", "big"]))
    return bytes(result)


def outcome(work: Callable[[], object]) -> str:
    """`accepted` or `refused`; any other outcome is named after its error.

    Raises nothing but what ends the program: memory and recursion count as failures, too.
    """
    begun = time.monotonic()
    try:
        work()
        result = "accepted"
    except ReimagineError as error:
        line = str(error)
        result = "refused" if line and "\n" not in line and len(line) <= MAX_LINE else f"not one line: {line!r}"
    except Exception as error:  # whatever it is, it is reported as a fault of the program
        result = f"{type(error).__name__}: {error}"
    return result if time.monotonic() - begun < MAX_SECONDS else f"took {time.monotonic() - begun:.0f} s"


def try_file(name: str, seed: int) -> str:
    """The outcome of reading a damaged file of a kind."""
    kind, rng = KINDS[name], random.Random(f"{name} {seed}")
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"input{kind.suffix}"
        path.write_bytes(mutated(kind.sample(), rng, kind.text))
        return outcome(lambda: kind.read(path))


def try_options(seed: int) -> str:
    """The outcome of making a model with an absurd option."""
    rng = random.Random(f"options {seed}")
    stage = rng.choice(list(stages.STAGES))
    name = rng.choice(list(stages.models_of(stage)))
    known = [option.name for option in options(stages.model_class(stage, name))]
    given = {rng.choice([*known, "nothing"]): rng.choice(VALUES) for _ in range(rng.randint(1, 2))}
    return outcome(lambda: recipe.check(recipe.build(stage, name, given)))


def try_input(name: str, seed: int) -> str:
    """The outcome of an input of a kind, "options" and "run folder" included."""
    if name == "run folder":
        return try_run(seed, mutated, outcome)
    return try_options(seed) if name == "options" else try_file(name, seed)


NAMES = (*KINDS, "options", "run folder")
"""All kinds of inputs."""
