"""reimagine: re-imagine an old film.

    import reimagine
    reimagine.run("film.mp4", [reimagine.model("colorize")()], into="runs/film")
"""
from reimagine.api import Result, run
from reimagine.errors import ReimagineError
from reimagine.stages import model

__version__ = "0.1.0"
__all__ = ["ReimagineError", "Result", "model", "run"]
