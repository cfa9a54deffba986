"""Reading a PNG of the sort that charts are, as the standard has it and not as our writer does."""

import struct
import zlib
from dataclasses import dataclass

from alertbridge.rendering.png import Colour


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, row after row, from the top."""

    rows: tuple[tuple[Colour, ...], ...]

    def column(self, at: int) -> list[Colour]:
        return [row[at] for row in self.rows]


def read_png(png: bytes) -> Picture:
    """Return the picture of an indexed *png* of 8 bits whose rows are not filtered; checks every checksum."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        kind, content = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", png, at + 8 + length) == (zlib.crc32(kind + content),)
        chunks[kind] = content
        at += 12 + length
    assert [*chunks] == [b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"]
    width, height, *how = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert how == [8, 3, 0, 0, 0]
    colours = zip(*(chunks[b"PLTE"][shift::3] for shift in range(3)), chunks[b"tRNS"], strict=True)
    palette = [Colour(*colour) for colour in colours]
    pixels = zlib.decompress(chunks[b"IDAT"])
    rows = [pixels[start : start + width + 1] for start in range(0, len(pixels), width + 1)]
    assert len(rows) == height
    assert {row[0] for row in rows} == {0}
    return Picture(tuple(tuple(palette[pixel] for pixel in row[1:]) for row in rows))
