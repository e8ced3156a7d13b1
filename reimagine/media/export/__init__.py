"""Writing of the finished film: what containers hold, encoders, copies of the source's streams, metadata."""

from reimagine.media.export.encoding import Encoding
from reimagine.media.export.exporter import export

__all__ = ["Encoding", "export"]
