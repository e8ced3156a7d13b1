"""Integrated loudness by ITU-R BS.1770-4, measured block by block."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from reimagine.media import Sound

STEP = 0.1
"""Seconds from one gating block to the next."""
STEPS_PER_BLOCK = 4
"""Steps of a gating block: 0.4 s, of which neighbours share 75 %."""
ABSOLUTE_GATE = -70.0
"""LUFS. Quieter blocks are not counted."""
RELATIVE_GATE = -10.0
"""LU. Blocks that are quieter than the mean of the others by more are not counted."""
OFFSET = -0.691
"""dB. By which a sine of 997 Hz at full scale has -3.01 LUFS in one channel."""
HIGH_SHELF = (4.0, 0.5**0.5, 1500.0)
"""Gain in dB, Q and frequency in Hz of the first K-weighting filter, the effect of the head."""
HIGH_PASS = (0.0, 0.5, 38.0)
"""Gain in dB, Q and frequency in Hz of the second."""


def integrated_loudness(sound: Sound) -> float:
    """Gated loudness of a mono or stereo sound, in LUFS; -inf if no block is above the gate."""
    import numpy as np

    step = round(STEP * sound.rate)
    energies = np.concatenate([np.zeros(0), *_step_energies(sound, step)])
    blocks = max(0, round(sound.length / step) - STEPS_PER_BLOCK + 1)
    energies = np.pad(energies, (0, STEPS_PER_BLOCK))
    powers = sum((energies[k : k + blocks] for k in range(STEPS_PER_BLOCK)), np.zeros(blocks))
    powers = powers / (STEPS_PER_BLOCK * step)
    loud = powers[_lufs(powers) >= ABSOLUTE_GATE]
    if not len(loud):
        return -np.inf
    gate = _lufs(loud.mean()) + RELATIVE_GATE
    return float(_lufs(powers[(_lufs(powers) > gate) & (_lufs(powers) > ABSOLUTE_GATE)].mean()))


def _lufs(power: np.ndarray) -> np.ndarray:
    import numpy as np

    return OFFSET + 10 * np.log10(np.maximum(power, 1e-30))


def _step_energies(sound: Sound, step: int) -> list[np.ndarray]:
    """Sums of squares of the K-weighted sound over steps, over all channels; the last step may be shorter."""
    import numpy as np
    from pyloudnorm.iirfilter import IIRfilter
    from scipy.signal import lfilter

    shapes = ((*HIGH_SHELF, sound.rate, "high_shelf"), (*HIGH_PASS, sound.rate, "high_pass"))
    filters = [IIRfilter(*shape) for shape in shapes]
    states = [np.zeros((sound.channels, 2)) for _ in filters]
    energies, rest = [], np.zeros(0)
    for block in sound.blocks():
        for number, weighting in enumerate(filters):
            block, states[number] = lfilter(weighting.b, weighting.a, block, axis=1, zi=states[number])
        squares = np.concatenate([rest, np.square(block).sum(0)])
        whole = len(squares) // step * step
        energies.append(squares[:whole].reshape(-1, step).sum(1))
        rest = squares[whole:]
    return [*energies, rest.sum(keepdims=True)]
