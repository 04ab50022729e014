"""What a file is by its first bytes, in words, for messages about files that are no image that is read."""

from __future__ import annotations

COUNT = 512
"""How many first bytes tell."""

BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"%!PS", "a PostScript program (EPS)"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript program (EPS)"),
    (b"%PDF", "a PDF document"),
    (b"8BPS", "a Photoshop document"),
    (b"\x00\x00\x01\x00", "an icon (ICO)"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 image"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 image"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL image"),
    (b"\xff\x0a", "a JPEG XL image"),
    (b"qoif", "a QOI image"),
    (b"DDS ", "a DDS texture"),
    (b"\xd7\xcd\xc6\x9a", "a Windows metafile (WMF)"),
    (b"\x89HDF", "an HDF5 file"),
    (b"SIMPLE  =", "a FITS file"),
    (b"\x93NUMPY", "a numpy array"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
)

BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"), "a HEIC image"),
    **dict.fromkeys((b"avif", b"avis"), "an AVIF image"),
}
"""Of the container that films use too; its other brands are films."""

READ: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8", "JPEG"),
    (b"BM", "BMP"),
    (b"GIF8", "GIF"),
    (b"RIFF", "WEBP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
)
"""Beginnings of formats that are read; those of PPM are too short to tell."""


def foreign(first: bytes) -> str | None:
    """What a file is that isn't read as an image; None where its beginning says nothing."""
    if first[4:8] == b"ftyp":
        return BRANDS.get(first[8:12], "a film or an image of a film's format")
    text = first.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return "a web page (HTML)"
    if text.startswith((b"<?xml", b"<svg")):
        return "an SVG drawing" if b"<svg" in text else "an XML document"
    return next((words for beginning, words in BEGINNINGS if first.startswith(beginning)), None)


def begins_as(first: bytes) -> str | None:
    """The format that is read and has this beginning; None where there is none."""
    return next((name for beginning, name in READ if first.startswith(beginning)), None)
