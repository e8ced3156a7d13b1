"""What the columns of the tables of `reimagine evaluate` mean."""

from __future__ import annotations

from collections.abc import Mapping

COLUMNS: dict[str, dict[str, str]] = {
    "colour": {
        "agreement": "direction and strength of the colours against the true ones; 1 equal, 0 unrelated",
        "rmse_ab": "root mean square error of the colours, in CIELAB units; lower is better",
        "ciede2000": "mean visible difference of colour (CIEDE2000); 1 is just visible, lower is better",
        "psnr": "peak signal-to-noise ratio to the original, in dB; higher is better",
        "chroma": "strength of the colours as a multiple of the true ones; 1 is right, below it is paler",
        "colourfulness": "colourfulness (Hasler and Suesstrunk) as a multiple of the true one; 1 is right",
        "unsure_chroma": "the same as chroma, where the model is unsure; 1 is right, below it is paler",
        "dark_hue_error": "mean error of the hue in dark regions, in degrees; lower is better",
        "dark_red": "dark pixels that are red, as a multiple of the true number; 1 is right, above it is too red",
        "dark_hues": "difference of the hues in dark even regions; 0 equal, 1 entirely different",
        "share": "share of all pixels",
        "predicted": "mean of the model's film",
        "target": "mean of the original",
        "along": "the original's chroma in the direction of the predicted one; below `predicted`: too colourful",
    },
    "restore": {
        "psnr_degraded": "peak signal-to-noise ratio of the damaged picture to the original, in dB",
        "psnr": "the same of the restored picture; higher is better",
        "gain": "psnr minus psnr_degraded, in dB; above 0 the restored picture is closer to the original",
        "ssim_degraded": "structural similarity of the damaged picture to the original; 1 equal",
        "ssim": "the same of the restored picture; higher is better",
        "lpips_degraded": "perceptual distance of the damaged picture to the original; 0 equal",
        "lpips": "the same of the restored picture; lower is better",
        "changed": "share of the pixels that the model changed visibly; in the row `none` it should be near 0",
        "warp_degraded": "flicker of the damaged film, without its motion (warping error)",
        "warp": "the same of the restored film; lower is better",
        "flicker_degraded": "flicker of the brightness of the damaged film, in grey levels of 255",
        "flicker": "the same of the restored film; lower is better",
    },
    "warp": {
        "warp_error": "flicker without the motion: mean squared difference of successive frames along the motion",
        "excess": "warp_error minus that of the source; 0 or less: no flicker was added",
        "colourfulness": "0 is grey, 15 slightly, 33 averagely, 80 extremely colourful",
        "sharpness": "variance of the Laplacian; blur lowers it, noise raises it: compare it with the source's",
        "distance": "perceptual distance to the film before it was stabilized; lower: more of it is kept",
    },
    "continuation": {
        "motion": "motion as a multiple of the film's; 1 is like the film, 0 a still picture",
        "sharpness": "sharpness as a multiple of the film's; 1 is like the film, below it is blurred",
        "gradients": "detail as a multiple of the film's, hardly affected by noise; 1 is like the film",
        "palette": "difference of the colours from the film's; 0 equal, 1 entirely different",
        "features": "difference from the film in colour, motion and detail, in its deviations; lower is better",
        "nearest": "perceptual distance to the most similar frame of the film; near 0 the film is copied",
        "collapse": "second after which it stands still or is blurred; nan: never",
        "truth": "perceptual distance to what really followed; lower is better",
    },
    "notes": {
        "precision": "share of the notes found that are right (start within 50 ms, pitch within half a semitone)",
        "recall": "share of the true notes that were found",
        "f1": "harmonic mean of precision and recall; 1 is perfect",
        "f1_offsets": "the same, if the end of a note must be right too",
        "notes": "number of notes found",
        "times_real_time": "speed: seconds of sound per second of work",
    },
    "timbre": {
        "in_tune": "share of the notes that are within half a semitone of their pitch",
        "silent": "number of notes that are not audible; 0 is right",
        "non_finite": "number of samples that are no numbers; 0 is right",
        "clipped": "number of samples above full scale; 0 is right",
        "loudness_range_db": "difference between the loudest and the softest note, in dB",
        "times_real_time": "speed: seconds of sound per second of work",
        "spectral_distance_db": "difference of the spectrum from the soundfont's, in dB; lower is better",
        "transcription_f1": "how many of the notes are transcribed again; 1 is all",
    },
}
"""By command, and by column: the quantity, its unit, and which values are good."""


def legend(command: str, rows: Mapping[str, Mapping[str, float]]) -> dict[str, str]:
    """The columns that rows have, with what they mean, in the order of the table."""
    names = dict.fromkeys(name for row in rows.values() for name in row)
    return {name: COLUMNS[command][name] for name in names if name in COLUMNS[command]}
