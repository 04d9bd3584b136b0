"""What a file is that is no text, by its first bytes. Pure."""

from __future__ import annotations

_MAGIC = (
    (b"%PDF", "a PDF file"), (b"\x89PNG", "a PNG picture"), (b"\xff\xd8\xff", "a JPEG picture"), (b"GIF8", "a GIF picture"),
    (b"PK\x03\x04", "a zip archive or an office document"), (b"\x1f\x8b", "a gzip archive"), (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"), (b"7z\xbc\xaf\x27\x1c", "a 7-zip archive"), (b"Rar!", "a RAR archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"), (b"\x7fELF", "a program"), (b"MZ\x90\x00", "a program"),
    (b"\xd0\xcf\x11\xe0", "an old office document"), (b"SQLite format 3\x00", "a SQLite database"), (b"OggS", "an Ogg recording"),
    (b"ID3", "an MP3 recording"), (b"fLaC", "a FLAC recording"), (b"wOFF", "a font"), (b"wOF2", "a font"), (b"\x00asm", "a program"),
    (b"II*\x00", "a TIFF picture"), (b"MM\x00*", "a TIFF picture"), (b"{\\rtf", "an RTF document"), (b"\xca\xfe\xba\xbe", "a program"),
)  # fmt: skip
_SAMPLE = 8192


def binary_of(body: bytes) -> str:
    """What a binary file is; "" for text in whatever charset."""
    for magic, what in _MAGIC:
        if body.startswith(magic):
            return what
    if body[4:8] == b"ftyp":
        return "a film"
    if body[:4] == b"RIFF" and body[8:12] in (b"WAVE", b"WEBP", b"AVI "):
        return "a picture or a recording"
    sample = body[:_SAMPLE]
    if body[:2] in (b"\xff\xfe", b"\xfe\xff") or _is_wide(sample):
        return ""
    controls = sum(sample.count(code) for code in range(32) if code not in (7, 8, 9, 10, 12, 13, 27, *range(1, 6), *range(17, 26)))
    return "a binary file" if controls > len(sample) * 0.02 and controls > 8 or sample.count(0) > len(sample) * 0.05 else ""


def _is_wide(sample: bytes) -> bool:
    """UTF-16 without a byte order mark: each second byte is 0, the others are not."""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = max(len(sample) // 2, 1)
    return max(even, odd) > half * 0.7 and min(even, odd) < half * 0.1
