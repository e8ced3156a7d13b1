"""Decoding timestamps for copied streams whose container stores none."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from reimagine.media.container import open_container
from reimagine.media.film import Film


def missing_decoding_times(film: Film, stream: int) -> dict[int, int]:
    """Decoding timestamps of a video stream by presentation timestamp, where the container does not have them all.

    Matroska, for example, stores presentation timestamps only, and with B-frames FFmpeg does not infer the first
    decoding timestamps. Here they are the presentation timestamps in ascending order, moved back by the largest delay
    of the decoder, so that they increase and none is later than its presentation timestamp.

    Returns:
        An empty dictionary if the container's own decoding timestamps are complete and increase.
    """
    with open_container(Path(film.source)) as container:
        if container.streams[stream].type != "video":
            return {}
        packets = [(p.pts, p.dts) for p in container.demux(container.streams[stream]) if p.pts is not None]
    decoding = [dts for _, dts in packets]
    known = [dts for dts in decoding if dts is not None]
    if len(known) == len(packets) and all(a < b for a, b in pairwise(known)):
        return {}
    presentation = [pts for pts, _ in packets]
    ascending = sorted(presentation)
    delay = max((a - p for a, p in zip(ascending, presentation, strict=True)), default=0)
    return {p: a - delay for a, p in zip(ascending, presentation, strict=True)}
