"""Change of a sound's tempo at the same pitch."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING

from reimagine.media.audio.samples import Sound, silent_blocks, store
from reimagine.media.audio.sound import audio_frames, layout_name

if TYPE_CHECKING:
    import numpy as np
    from av.filter import Graph

LOWEST_TEMPO = Fraction(1, 2)
"""The lowest tempo of one of FFmpeg's filters `atempo`; for lower ones several follow each other."""
FRAME = 4096
"""Samples that are given to the filter at once."""

TAIL = 1 << 14
"""Samples of silence that are put after the sound: the filter does not return the last ones that it is given."""


def slowed(sound: Sound, factor: Fraction) -> Sound:
    """The sound `factor` times as long, at the same pitch, by overlap-add of similar waveforms (FFmpeg's `atempo`)."""
    if factor == 1 or not sound.length:
        return sound
    padded = store(chain(sound.blocks(), silent_blocks(TAIL, sound.channels)), sound.rate, sound.channels)
    stretched = store(_slowed_blocks(padded, factor), sound.rate, sound.channels)
    return stretched.cut(0, round(sound.length * factor))


def _slowed_blocks(sound: Sound, factor: Fraction) -> Iterator[np.ndarray]:
    from av.error import BlockingIOError, EOFError

    graph = _graph(sound, 1 / factor)
    for frame in chain(audio_frames(sound, FRAME), [None]):
        graph.push(frame)
        while True:
            try:
                yield graph.pull().to_ndarray()
            except (BlockingIOError, EOFError):
                break


def _graph(sound: Sound, tempo: Fraction) -> Graph:
    """A chain of filters for a sound."""
    from av.filter import Graph

    graph = Graph()
    nodes = [
        graph.add_abuffer(
            sample_rate=sound.rate, format="fltp", layout=layout_name(sound), time_base=Fraction(1, sound.rate)
        )
    ]
    while tempo < LOWEST_TEMPO:
        nodes.append(graph.add("atempo", str(float(LOWEST_TEMPO))))
        tempo /= LOWEST_TEMPO
    planar = graph.add("aformat", "sample_fmts=fltp")  # atempo interleaves the channels
    nodes += [graph.add("atempo", str(float(tempo))), planar, graph.add("abuffersink")]
    graph.link_nodes(*nodes).configure()
    return graph
