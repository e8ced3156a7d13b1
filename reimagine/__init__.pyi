# Written by docs/hooks/stub.py from the models' options.
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from reimagine.api import Result as Result
from reimagine.api import run as run
from reimagine.errors import ReimagineError as ReimagineError
from reimagine.stages import model_class as model
from reimagine.stages.contract import (
    CompositionModel,
    ContinuationModel,
    InterpolationModel,
    MixModel,
    PictureModel,
    SynthesisModel,
    TranscriptionModel,
)

__version__: str
__all__ = ["ReimagineError", "Result", "model", "run"]

def Restore(
    model: Literal["unet-gan", "classic"] = "unet-gan",
    *,
    kind: str = "auto",
    strength: float = 1.0,
    single_frame: bool = False,
    black_point: float = 0.0,
    white_point: float = 0.0,
    weights: str = "restore-unet-gan",
    deflicker: float = 1.0,
    weave: float = 1.0,
    dirt: bool = True,
    scratches: bool = True,
    denoise: float = 0.5,
    contrast: float = 0.5,
) -> PictureModel:
    """Restore a damaged film, or turn a negative into a positive. Must be the first picture stage.

    Models (the first is the default):
        unet-gan: Remove grain, blur, JPEG blocks, scratches, dust, stains and holes, and invert negatives, with
            one network.
        classic: Remove flicker, gate weave, dirt, scratches and grain, and restore contrast, with optical flow;
            no weights.

    Options:
        kind: Kind of film: print, faded, negative, or auto to classify it (unet-gan)
        strength: Share of the network's correction to apply; 0 to 1 (unet-gan)
        single_frame: Do not fill lost areas from neighbouring frames (unet-gan)
        black_point: Darkest tone of a negative or faded print (0: measured); 0 to 1 (unet-gan)
        white_point: Lightest tone of a faded print, or film base of a negative (0: measured); 0 to 1 (unet-gan)
        weights: Name of weights, or path to a .safetensors file (unet-gan)
        deflicker: Share of the brightness flicker to remove; 0 to 1 (classic)
        weave: Share of the gate weave to remove; 0 to 1 (classic)
        dirt: Remove dirt: marks that are in one frame only (classic)
        scratches: Remove thin vertical scratches (classic)
        denoise: Share of the grain to remove; 0 to 1 (classic)
        contrast: Strength of the contrast stretch of faded tones; 0 to 1 (classic)

    Raises:
        RecipeError: an option does not exist for the model, has a wrong type, or is out of range.
    """

def Colorize(
    model: Literal["unet", "temporal", "deoldify", "ddcolor", "tint"] = "unet",
    *,
    size: int = ...,
    saturation: float = 1.0,
    references: str | Path | None = None,
    hint: Sequence[str | Path] = (),
    every_frame: bool = False,
    weights: str = ...,
    reference: str | Path | None = None,
    minutes: float = 10.0,
    render_factor: int = 21,
    hue: float = 35.0,
) -> PictureModel:
    """Colour a black-and-white film.

    Models (the first is the default):
        unet: A compact network trained with the NoGAN schedule. The luma of the film is not changed.
        temporal: A network with three frames as input, trained on the colours of a reference film.
        deoldify: DeOldify's Video, Stable or Artistic, added with `reimagine models add deoldify-video`.
        ddcolor: DDColor: vivid colours from learned queries. Its weights are added with `reimagine models add
            ddcolor`.
        tint: Dye the print with one hue: most in the middle tones, less in blacks and whites.

    Options:
        size: Short side, in pixels, at which the network works; 64 to 1024 (unet, temporal, ddcolor)
        saturation: Factor of the chroma; 0 to 2 (unet, temporal, deoldify, ddcolor, tint)
        references: Folder of ref_nnnnnn.png stills whose colours their shots take (unet, temporal, deoldify,
            ddcolor)
        hint: Grey still of a frame, ref_nnnnnn.png, with coloured strokes that its shot takes, or a folder; may
            be repeated (unet, temporal, deoldify, ddcolor)
        every_frame: Run the network on every frame, not only on keyframes (unet, temporal, deoldify, ddcolor)
        weights: Name of weights, or path to a .safetensors file (unet, temporal, deoldify, ddcolor)
        reference: A film in colour, or a folder of them, whose colours are learned (temporal)
        minutes: Training time on the reference, in minutes; 0 to 1440 (temporal)
        render_factor: Side of the network's square input, in units of 16 pixels; 4 to 64 (deoldify)
        hue: Hue of the dye in degrees: 35 amber (day), 220 blue (night); -360 to 360 (tint)

    Raises:
        RecipeError: an option does not exist for the model, has a wrong type, or is out of range.
    """

def Stabilize(
    model: Literal["flow", "convlstm"] = "flow",
    *,
    planes: str = "auto",
    half_life: float = 16.0,
    side: int = 180,
    weights: str = "stabilize-convlstm",
) -> PictureModel:
    """Remove the flicker of a film that was coloured or drawn frame by frame.

    Models (the first is the default):
        flow: Average the planes of the surrounding frames along optical flow; needs no weights.
        convlstm: Blind video temporal consistency with a convolutional LSTM (Lai et al. 2018).

    Options:
        planes: Planes to stabilize: chroma, all, or auto (chroma only, if the luma is the film's own) (flow,
            convlstm)
        half_life: Distance in frames at which the weight of another frame has halved; more than 0, up to 1000000
            (flow)
        side: Short side in pixels at which the network works; 16 to 2160 (convlstm)
        weights: Name of weights, or path to a .safetensors file (convlstm)

    Raises:
        RecipeError: an option does not exist for the model, has a wrong type, or is out of range.
    """

def Cartoon(
    model: Literal["cartoongan", "ink"] = "cartoongan",
    *,
    look: str = "hayao",
    strength: float = 1.0,
    line: float = ...,
    size: int = 480,
    temporal_strength: float = 1.0,
    colour: bool = False,
    weights: str = "",
    levels: int = 9,
) -> PictureModel:
    """Redraw the film in an artist's look.

    Models (the first is the default):
        cartoongan: An artist's look, drawn by a network that was trained on the artist's pictures (Chen et al.
            2018).
        ink: Edge-preserving smoothing, quantized tones and XDoG lines (Winnemoeller et al. 2012).

    Options:
        look: A look's name (`reimagine models show cartoon` lists them), or a run folder of `train` (cartoongan)
        strength: Opacity of the drawing over the film; 0 to 1 (cartoongan, ink)
        line: Darkness of the lines drawn over the result; 0 to 1 (cartoongan, ink)
        size: Short side in pixels at which the network works; 64 to 2160 (cartoongan)
        temporal_strength: Weight of the previous drawing where the picture has not changed; 0 to 1 (cartoongan,
            ink)
        colour: Allow colour in the drawing of a black-and-white film (cartoongan)
        weights: Name of weights, or path to a .safetensors file, instead of the look's weights (cartoongan)
        levels: Number of tones, more gives softer shading; 1 to 256 (ink)

    Raises:
        RecipeError: an option does not exist for the model, has a wrong type, or is out of range.
    """

def Upscale(
    model: Literal["edsr", "lanczos", "spandrel"] = "edsr",
    *,
    factor: int = 2,
    height: int = 0,
    strength: float = 1.0,
    weights: str = ...,
    tile: int = 256,
) -> PictureModel:
    """Enlarge the picture: twice, four times, or to a height.

    Models (the first is the default):
        edsr: Enlarge the luma with a small residual network that sharpens edges and removes grain; chroma is
            interpolated.
        lanczos: Lanczos interpolation (8x8 pixels): no detail is added, and grain is enlarged with the picture.
        spandrel: Enlarge with a network of your own, such as Real-ESRGAN, SPAN, SwinIR or HAT, from its published
            weights.

    Options:
        factor: Factor of width and height: 2 or 4; 2 to 4 (edsr, lanczos, spandrel)
        height: Height of the result in pixels, such as 1080, instead of a factor; 0 to 16384 (edsr, lanczos,
            spandrel)
        strength: Share of the network's correction of a bicubic enlargement to apply; 0 to 1 (edsr)
        weights: Name in the zoo, or path to .safetensors (edsr, spandrel)
        tile: Side of the tiles in pixels; smaller: less memory; 32 to 4096 (spandrel)

    Raises:
        RecipeError: an option does not exist for the model, has a wrong type, or is out of range.
    """

def Interpolate(
    model: Literal["flow", "rife"] = "flow",
    *,
    to: float = 0.0,
    slow_motion: float = 1.0,
    slow_sound: bool = False,
    weights: str = "rife",
) -> InterpolationModel:
    """Compute frames between the film's own: another frame rate, or slow motion.

    Models (the first is the default):
        flow: Warp both frames along the optical flow to the time between them, and blend them where both show a
            pixel.
        rife: Estimate the motion between two frames with RIFE, a network whose published weights can be added.

    Options:
        to: Frames per second of the result: 24, 23.976, 60 (0: twice the film's; in slow motion the film's); 0 to
            120 (flow, rife)
        slow_motion: Seconds of the result per second of the film; 1 to 100 (flow, rife)
        slow_sound: Slow the sound as well, at the same pitch; otherwise it ends before the picture (flow, rife)
        weights: Name in the zoo, or path to .safetensors (rife)

    Raises:
        RecipeError: an option does not exist for the model, has a wrong type, or is out of range.
    """

def Continue(
    model: Literal["recall", "pix2pix", "hold"] = "recall",
    *,
    seconds: float = 10.0,
    from_frame: int = 0,
    frame_stride: int = 0,
    slowdown: float = 1.0,
    minutes: float = 3.0,
    seed: int = 1,
    weights: str = "continue-recall",
    weight: float = 100.0,
    width: int = 64,
) -> ContinuationModel:
    """Generate frames that follow the film's last frame.

    Models (the first is the default):
        recall: Warp the last image, blend in similar frames of the film, and synthesize what neither shows.
        pix2pix: Generate each frame from the one before (pix2pix, Isola et al. 2017); a baseline.
        hold: Repeat the last frame.

    Options:
        seconds: Length of the continuation, in seconds; 0.01 to 3600 (recall, pix2pix, hold)
        from_frame: Continue after this frame instead of the last one (0: the last); 0 to 100000000 (recall,
            pix2pix, hold)
        frame_stride: Learn from every n-th frame (0: chosen from the film's motion); 0 to 100 (recall, pix2pix)
        slowdown: Slow-motion factor of the continuation; 1 to 16 (recall, pix2pix)
        minutes: Learning time, in minutes; 0 to 1440 (recall, pix2pix)
        seed: Random seed; each seed gives another continuation; 0 to 4294967295 (recall, pix2pix)
        weights: Weights to start from, a name or a path (recall)
        weight: Weight of the L1 loss relative to the adversarial loss; 100 as published; 0 to 1000000 (pix2pix)
        width: Channels after the first level of both networks; 64 as published; 1 to 1024 (pix2pix)

    Raises:
        RecipeError: an option does not exist for the model, has a wrong type, or is out of range.
    """

def Transcribe(
    model: Literal["onsets-frames", "basic-pitch", "transkun", "pyin"] = "onsets-frames",
    *,
    onset: float | None = ...,
    frame: float | None = ...,
    shortest: float | None = ...,
    music_only: bool = False,
    stems: bool = False,
    weights: str = "transcribe-onsets",
    thresholds: str = "film",
    voices: int | None = None,
    bends: bool = False,
    lowest: int = 40,
    highest: int = 88,
) -> TranscriptionModel:
    """Transcribe the film's music to MIDI.

    Models (the first is the default):
        onsets-frames: Transcribe music, several notes at a time; best with a piano (after Onsets and Frames,
            Hawthorne et al. 2018).
        basic-pitch: Transcribe any music, several notes at a time (basic-pitch, Bittner et al. 2022).
        transkun: Transcribe a piano precisely, slowly (Yan and Duan 2024; needs the package transkun).
        pyin: Transcribe the strongest melody: singing, a solo instrument, a tune over soft chords.

    Options:
        onset: Onset probability that starts a note; 0 to 1 (onsets-frames, basic-pitch)
        frame: Probability that continues a note; 0 to 1 (onsets-frames, basic-pitch)
        shortest: Drop notes shorter than this, in seconds; 0 to 60 (onsets-frames, basic-pitch, transkun, pyin)
        music_only: Remove passages of scattered short notes: speech and noise (onsets-frames)
        stems: Hear tones only: clicks and percussion are removed, and most of the hiss (onsets-frames, basic-
            pitch, pyin)
        weights: A name in the zoo, or a path to .safetensors (onsets-frames)
        thresholds: film (for old sound tracks: filtered), or published (as the package) (basic-pitch)
        voices: Most notes at a time; the loudest are kept [default: by thresholds]; 1 to 128 (basic-pitch)
        bends: Transcribe the pitch bends of each note (basic-pitch)
        lowest: Lowest pitch (MIDI number; 36 is C2); 0 to 127 (pyin)
        highest: Highest pitch (MIDI number; 96 is C7); 0 to 127 (pyin)

    Raises:
        RecipeError: an option does not exist for the model, has a wrong type, or is out of range.
    """

def Compose(
    model: Literal["melody"] = "melody",
    *,
    bars: int | None = None,
    answer: bool = False,
    seed: int = 1,
    temperature: float = 1.0,
    weights: str = "compose-melody",
) -> CompositionModel:
    """Compose a melody: continue one, answer it, or start a new one.

    Models (the first is the default):
        melody: Continue a melody, answer it, or start one: phrases generated by a small GAN.

    Options:
        bars: Bars of four beats to compose [default: 16, or as long as the film]; 1 to 10000 (melody)
        answer: Keep the input melody and continue after its end, instead of replacing it (melody)
        seed: Random seed; 0 to 4294967295 (melody)
        temperature: Scale of the random latents: 0 conventional, 2 unusual; 0 to 2 (melody)
        weights: Name of weights, or path to a .safetensors file (melody)

    Raises:
        RecipeError: an option does not exist for the model, has a wrong type, or is out of range.
    """

def Timbre(
    model: Literal["harmonic", "gansynth", "soundfont", "sine"] = "harmonic",
    *,
    instruments: str = ...,
    change_every: float = 5.0,
    seed: int = 1,
    at_cuts: bool = False,
    room: float = 0.1,
    weights: str = ...,
    soundfont: str | Path | None = None,
    program: int = 0,
    harmonics: int = 5,
    release: float = 0.15,
) -> SynthesisModel:
    """Synthesize notes with chosen instruments: those of a MIDI file, or of a run folder.

    Models (the first is the default):
        harmonic: Instruments learned from a soundfont, and interpolations between them. Follows pitch bends.
        gansynth: Magenta's GANSynth (Engel et al. 2019), added with `reimagine models add gansynth-acoustic`.
        soundfont: Play the notes with an instrument of a .sf2 file, with fluidsynth. Follows pitch bends.
        sine: Additive synthesis: a few harmonics with an attack and a decay. Follows pitch bends.

    Options:
        instruments: Such as flute, flute@0,violin@30,cello@100% (seconds or per cent), bass=cello,melody=violin,
            or random (harmonic, gansynth)
        change_every: Seconds from one random instrument to the next; 0.05 to 86400 (harmonic, gansynth)
        seed: Random seed of the random instruments; 0 to 4294967295 (harmonic, gansynth)
        at_cuts: Change the instrument only at the film's cuts (harmonic, gansynth)
        room: Level of the room's reverberation; 0 to 1 (harmonic, gansynth)
        weights: Name of weights, or path to a .safetensors file (harmonic, gansynth)
        soundfont: The .sf2 file [default: FluidR3_GM where Debian installs it] (soundfont)
        program: General MIDI program, 0 is a piano; 0 to 127 (soundfont)
        harmonics: Harmonics per note; more are brighter; 1 to 64 (sine)
        release: Seconds of fade-out after a note's end; 0 to 60 (sine)

    Raises:
        RecipeError: an option does not exist for the model, has a wrong type, or is out of range.
    """

def Mix(
    model: Literal["level"] = "level",
    *,
    loudness: float = -16.0,
    keep_original: float = 0.0,
    keep_stems: str = "",
    duck: bool = True,
) -> MixModel:
    """Mix the new sound of a run folder with the film's own.

    Models (the first is the default):
        level: Loudness by ITU-R BS.1770, 48 kHz stereo, exactly as long as the film, no clipping.

    Options:
        loudness: Loudness of the result, in LUFS; -60 to 0 (level)
        keep_original: Share of the film's own sound to keep; 0 to 1 (level)
        keep_stems: Parts of the film's own sound to keep, with levels: percussive, harmonic=0.3,hiss=0.1
            [default: all] (level)
        duck: Lower the music while somebody speaks in the original sound (level)

    Raises:
        RecipeError: an option does not exist for the model, has a wrong type, or is out of range.
    """
