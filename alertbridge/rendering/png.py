"""PNG files of few colours: https://www.w3.org/TR/png-3/."""

import struct
import zlib
from collections.abc import Sequence
from typing import NamedTuple

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BITS_A_PIXEL = 8
_INDEXED = 3
_SMALL = 8


class Colour(NamedTuple):
    """Each from 0 to 255; an *alpha* of 0 lets all of the background through."""

    red: int
    green: int
    blue: int
    alpha: int


def indexed_png(pixels: bytes, width: int, palette: Sequence[Colour]) -> bytes:
    """Return the picture whose *pixels*, row after row, are indexes into *palette*, of up to 256 colours."""
    height = len(pixels) // width
    header = struct.pack(">IIBBBBB", width, height, _BITS_A_PIXEL, _INDEXED, 0, 0, 0)
    colours = bytes(value for colour in palette for value in colour[:3])
    alphas = bytes(colour.alpha for colour in palette)
    rows = b"".join(b"\0" + pixels[at : at + width] for at in range(0, len(pixels), width))
    chunks = (
        (b"IHDR", header),
        (b"PLTE", colours),
        (b"tRNS", alphas),
        (b"IDAT", zlib.compress(rows, _SMALL)),
        (b"IEND", b""),
    )
    return _SIGNATURE + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
