"""Bytes → text, by what is surest first. Pure.

BOM, the HTTP header's charset, the document's own declaration (WHATWG prescan of HTML, XML's prolog), strict UTF-8, chardet, windows-1252.
What a server declares is believed only when the bytes fit it: declared ISO-8859-1 is often UTF-8, and the other way round.
"""

from __future__ import annotations

import codecs
import re
from itertools import pairwise

_PRESCAN = 4096
"""Bytes of a document that are searched for a declaration; WHATWG says 1,024, pages in the wild put it later."""
_DETECTED = 65_536
"""Bytes that chardet looks at."""
_ENOUGH = 128
_LEAST_SURE = 0.08
"""Of chardet's confidence, which is low for short texts even where it is right."""
_JUDGED = 4096
"""Bytes by which a declaration is judged."""
_MOST_ACCENTS = 0.3
_MOST_SIGNS = 0.005
_MOST_SWAPS = 0.04
_MOST_CAPITALS = 0.6
_SIGN_IN_WORD = re.compile(r"(?<=[^\W\d_])[¡£¥¦¬¯±²³¶¹¼½¾¿](?=[^\W\d_])")
_IN_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_IN_META = re.compile(rb"<meta[^>]{0,400}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_IN_XML = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDER = {
    "cp1252": "iso-8859-1 iso8859-1 iso_8859-1 latin1 latin-1 l1 ascii us-ascii windows-1252 cp1252 ansi_x3.4-1968",
    "cp1254": "iso-8859-9 latin5 windows-1254",
    "gb18030": "gb2312 gbk gb_2312-80 x-gbk gb18030 chinese",
    "cp932": "shift_jis shift-jis sjis x-sjis windows-31j ms_kanji",
    "cp949": "euc-kr ks_c_5601-1987 ksc5601 korean windows-949",
    "big5hkscs": "big5 big5-hkscs cn-big5 x-x-big5",
    "cp874": "tis-620 iso-8859-11 windows-874",
    "utf-8": "utf-16 utf-16le utf-16be utf8 unicode-1-1-utf-8",
}
_WHATWG = {label: name for name, labels in _WIDER.items() for label in labels.split()}
"""Labels that WHATWG's encoding standard maps to something wider. A document that could be searched byte by byte is not UTF-16, whatever it says."""
_MULTIBYTE = ("gb18030", "cp932", "cp949", "big5hkscs", "euc_jp", "iso2022_jp")
_SHIFT = b"\x1b$"
"""How ISO-2022-JP goes over to Japanese (RFC 1468)."""
_C1 = re.compile("[\x80-\x9f]")


def decode(body: bytes, content_type: str = "") -> str:
    """The text of a document. Never fails: bytes that fit no charset become U+FFFD."""
    for bom, name in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(name, "replace")
    wide = _wide(body)
    if wide:
        return body.decode(wide, "replace")
    in_header = _IN_HEADER.search(content_type)
    in_document = _IN_XML.search(body[:_PRESCAN]) or _IN_META.search(body[:_PRESCAN])
    utf8 = _strictly(body, "utf-8")
    if utf8 is not None and _SHIFT[0] in body and _SHIFT in body and (shifted := _strictly(body, "iso2022_jp")) is not None:
        return shifted  # its bytes are all ASCII, and it says so itself
    for label in (in_header[1] if in_header else None, in_document[1].decode("ascii") if in_document else None):
        codec = _codec(label)
        if codec is None:
            continue
        if utf8 is not None and (codec == "utf-8" or not _is_stateful(codec)):
            return utf8  # bytes that are not ASCII hardly ever are UTF-8 by chance
        declared = _strictly(body, codec)
        if declared is not None and not _C1.search(declared):
            return declared if _is_plausible(body, codec) else _guessed(body, at_worst=codec)
        if declared is None and (
            codec in _MULTIBYTE and _is_mostly(body, codec) or codec == "utf-8" and _is_mostly(body, codec, strays=1.0)
        ):
            return body.decode(codec, "replace")
    if utf8 is not None:
        return utf8
    if _is_mostly(body, "utf-8", strays=0.1):
        return body.decode("utf-8", "replace")  # cut in the middle of a sign, or a few stray bytes
    return _guessed(body, at_worst="cp1252")


def _guessed(body: bytes, *, at_worst: str) -> str:
    import chardet  # which takes as long as half of the cleaner, and few pages need it

    words = _words(body, _DETECTED)
    guess = chardet.detect(words if len(words) >= _ENOUGH else body[:_DETECTED])  # of a word or two the ASCII around tells more
    found = _codec(guess.get("encoding")) if (guess.get("confidence") or 0) >= _LEAST_SURE else None
    text = _strictly(body, found) if found else None
    return text if text is not None else body.decode(at_worst, "replace")


def _words(body: bytes, size: int) -> bytes:
    """What is not ASCII and stands between tags, so that scripts and style do not hide the text; about `size` bytes of it.

    No multibyte charset uses the bytes of `<` and `>` within a sign.
    """
    found = bytearray()
    for chunk in re.split(rb"[<>]", body):
        if not chunk.isascii():
            found += chunk + b"\n"
            if len(found) >= size:
                break
    return bytes(found[:size])


def _is_plausible(body: bytes, name: str) -> bool:
    """Do the bytes make words in this charset? Any bytes are letters in most 8-bit charsets, so what is declared may be wrong and decode all the same.

    Text in Latin letters has few with accents (Icelandic, the richest, one in eight; Cyrillic or Greek taken for Latin, nearly all) and no signs
    inside words (`by³` is Polish). Words of other alphabets do not change to capitals in their middle, nor are they most of them in capitals
    (as KOI8-R taken for windows-1251 is).
    """
    text = _words(body, _JUDGED).decode(name, "ignore")
    letters = [sign for sign in text if sign.isalpha() or sign.isspace()]
    if all(sign < "\u0250" for sign in letters):
        accents = sum(sign > "\x7f" and sign.isalpha() for sign in letters)
        return accents <= len(letters) * _MOST_ACCENTS and len(_SIGN_IN_WORD.findall(text)) <= len(letters) * _MOST_SIGNS
    swaps = sum(one.islower() and other.isupper() for one, other in pairwise(letters))
    return swaps <= len(letters) * _MOST_SWAPS and sum(map(str.isupper, letters)) <= len(letters) * _MOST_CAPITALS


def _codec(label: str | None) -> str | None:
    """Python's codec for a charset label; None for what is no charset of text."""
    if not label:
        return None
    label = label.strip().lower()
    name = _WHATWG.get(label, label)
    try:
        found = codecs.lookup(name)
    except LookupError:
        return None
    return found.name if getattr(found, "_is_text_encoding", True) else None


def _is_stateful(name: str) -> bool:
    return name.startswith("iso2022") or name in ("utf-7", "hz")


def _strictly(body: bytes, name: str) -> str | None:
    try:
        return body.decode(name)
    except (UnicodeDecodeError, UnicodeError):
        return None


def _is_mostly(body: bytes, name: str, *, strays: float = 0.005) -> bool:
    """Are of the signs that are not ASCII no more than this share stray, or only one at the very end? As many as are right where UTF-8 is declared:
    two bytes in a row are hardly ever UTF-8 by chance."""
    text = body.decode(name, "replace")
    bad, good = text.count("�"), sum(sign > "\x7f" and sign != "�" for sign in text)
    return good > 0 and (bad <= good * strays or bad == 1 and text.endswith("�"))


def _wide(body: bytes) -> str | None:
    """UTF-16 without a BOM: of a text in Latin letters each second byte is 0."""
    sample = body[:400]
    if len(sample) < 8 or len(body) % 2:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > half * 0.7 and even < half * 0.1:
        return "utf-16-le"
    return "utf-16-be" if even > half * 0.7 and odd < half * 0.1 else None
