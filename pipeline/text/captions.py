"""Captions and picture credits as agencies and newspapers print them. Pure.

Leaders met in Accra on Monday. File Photo by Ama Mensah/UPI | License Photo     words, credit, a licence link's words
A ferry leaves the port. (AP Photo/Ama Mensah, File)      … REUTERS/Ama Mensah/File Photo      … Foto: Ama Mensah/dpa
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pipeline.text.agencies import agency_of
from pipeline.text.later import later
from schemas.article import Picture

_KIND = (
    r"(?:(?:[A-Z]{2,5}\s+)?(?:[Ff]ile|[Hh]andout|[Pp]ool|[Aa]rchive|[Aa]rchival|[Cc]ourtesy|[Ss]tock|[Aa]erial|[Ss]atellite|[Ss]tatic)\s+)?"
    r"(?:[Pp]hotos?|[Pp]hotographs?|[Ii]mages?|[Ii]llustrations?|[Gg]raphics?|[Ss]creenshot|[Ss]creen ?grab|[Vv]ideo|[Pp]icture)"
)
_LONGEST = 2500
"""Characters. No caption is longer."""
_REACH = 320
"""Characters from the end within which a credit begins, and a licence link's words after it."""
_SIGNS = "photo image illustration graphic screen video picture credit foto bild licen lizenz buy / (c) copyright".split()
_SIGNS_ABROAD = "crédit фото © 摄 攝 影 写真 照 图 圖 사진".split()
_PICTURED = "hoto mage llustration raphic creen ideo icture".split()
"""One of these is in each word for a picture that _KIND knows, however it begins."""
_PICTURED_ABROAD = "摄 攝 影 写真 照 图 圖 사진".split()
_BY_WORDS = (*_PICTURED, "Copyright", "(c)", "(C)")
"""One of these is in each credit that has neither a slash, a colon, a bar nor a sign of rights, and does not end in brackets."""
_AFTER = r"(?:^|(?<=[.!?\"”’'»)\]])\s+|\s+(?=[A-Z(\[]))"
_LICENCE = later(r"\s*\|\s*(?P<words>[^|.]{0,20}\b(?:[Ll]icen[cs]e|[Pp]hoto|[Bb]uy|[Ll]izenz)\b[^|.]{0,20})$")
_AP_STYLE = later(
    r"\s*[\[(](?P<raw>(?P<agency>[A-Z][\w -]{0,24}?)\s+(?P<kind>(?:File\s+)?(?:Photo|PHOTO|Images?|Illustration"
    r"|Pool))(?:\s*/\s*(?P<who>[^()\[\]]{2,90}))?)[\])]\.?$"
)
_BRACKETED = later(
    rf"\s*[\[(](?P<raw>(?:(?P<kind>{_KIND})\s*(?:by|courtesy of|courtesy|provided by|from|via|credit|:|/)\s*:?\s*"
    rf"|(?:Foto|Fotos|Credit|Crédit|©|Photo credit)\s*:?\s*)(?P<who>[^()\[\]]{{2,120}}))[\])]\.?$"
)
_STATED = later(rf"{_AFTER}(?P<raw>(?P<kind>(?=[A-Z]){_KIND})\s+(?:by|courtesy of|provided by|from|via)\s+(?P<who>[^|]{{2,120}}?))\.?$")
_LABELLED = later(
    r"(?:^|\s*[\s|/–—-]\s*)(?P<raw>(?P<kind>(?:Archiv)?[Ff]otos?|Photo credit|Photo|Image credit|Image|Picture"
    r"|Credit|Crédit photo|Crédits?|Crédito|Bild|Imagen|Imagem|Фото|Photograph)\s*[:©]\s*(?P<who>[^|:]{2,90}))$"
)
_EAST_ASIAN = later(
    r"\s*[（(\[【](?P<raw>(?:(?P<kind>攝影|摄影|撮影|写真提供|写真|資料照片?|资料图片?|圖|图|사진|자료사진)\s*(?:[：:／/=＝]|by|제공)\s*)(?P<who>[^()（）\[\]【】]{2,40}))[)）\]】]。?$"
    r"|\s*[（(](?P<raw3>(?P<who3>[\u4e00-\u9fff]{2,4})\s*(?P<kind3>摄|攝))[)）]。?$"
    r"|\s*[（(]?(?P<raw2>(?P<who2>(?:新华社|新華社|中新社)?(?:记者|記者|发|發)\s?[^\s（()）。]{2,12})\s*(?P<kind2>摄|攝))[)）]?。?$"
)
_AGENCY_SLASH = later(
    r"(?:^|[\s(\[])(?P<raw>(?P<agency>REUTERS|Reuters|EPA|EPA-EFE|EFE|AFP PHOTO|AFP|Xinhua|UPI|TASS|NurPhoto"
    r"|Getty Images|Kyodo|Yonhap|ANSA|dpa|AP)\s*/\s*(?P<who>[A-Z][^()\[\]|.]*(?:\b[A-Z]\.[^()\[\]|.]*)*))[)\]]?\.?$"
)
_AGENCY_PHOTO = later(rf"{_AFTER}(?P<raw>(?P<who>[A-Z]{{2,5}})\s+(?P<kind>(?:File\s+|Handout\s+)?Photo))\.?$")
_COPYRIGHT = later(rf"{_AFTER}(?P<raw>(?:©|\(c\)|\(C\)|Copyright)\s*(?P<who>[^|.]{{2,60}}))$")
_SIGNED = later(
    r"(?<=[.!?\"”’')\]])\s+(?P<raw>(?P<who>[A-Z][\w.'’-]{1,30}(?: [A-Z][\w.'’-]{0,30}){1,3})\s?/\s?"
    r"(?P<agency>[A-Z][\w. -]{1,30}?)(?:\s(?P<kind>Photo|Image))?)$"
)
_CLOSED = (")", "]", ").", "].")
_FILE_AT_END = later(r"\s*[,/]\s*(?P<kind>[Ff]ile(?: [Pp]hoto)?|FILE PHOTO)$")

_FORMS: tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...] = (
    (_AP_STYLE, lambda text: text.endswith(_CLOSED)),
    (_BRACKETED, lambda text: text.endswith(_CLOSED)),
    (_STATED, lambda text: any(word in text for word in _PICTURED)),
    (_LABELLED, lambda text: ":" in text or "©" in text),
    (_EAST_ASIAN, lambda text: any(sign in text for sign in _PICTURED_ABROAD)),
    (_AGENCY_SLASH, lambda text: "/" in text),
    (_AGENCY_PHOTO, lambda text: text.endswith(("Photo", "Photo."))),
    (_COPYRIGHT, lambda text: "©" in text or "(c)" in text.lower() or "Copyright" in text),
)
"""The forms of credits in the order of how sure they are, each with a cheap question that all its credits pass."""


def caption_of(text: str) -> Picture | None:
    """The picture that a paragraph is the caption of; None where no credit says that it is one. Never guesses from words alone."""
    if len(text) > _LONGEST or not _may_end_in_credit(text):
        return None
    text = " ".join(text.split())  # the patterns below cost much on runs of white space
    licence = _LICENCE.search(text)
    bare = text[: licence.start()].rstrip() if licence else text
    for pattern, may_be in _FORMS:
        match = pattern.search(bare, max(0, len(bare) - _REACH)) if may_be(bare) else None
        if match is None:
            continue
        picture = _picture(bare, match)
        if picture is not None and _is_credit(pattern, picture, bare, is_licensed=licence is not None):
            return Picture(
                caption=picture.caption,
                credit_raw=picture.credit_raw,
                credit_type=picture.credit_type,
                credit_sources=picture.credit_sources,
                license_text=licence["words"].strip() if licence else None,
            )
    if licence and bare:
        return Picture(caption=bare, license_text=licence["words"].strip())
    return None


def of_caption(text: str) -> Picture:
    """The picture of what markup says is a caption. There a name and an agency behind a last sentence are a credit: `… on Friday. Ama Mensah/AFP`."""
    found = caption_of(text)
    if found is None and "/" in text[-80:] and (signed := _SIGNED.search(text, max(0, len(text) - _REACH))) and agency_of(signed["agency"]):
        found = _picture(text, signed)
    return found or Picture(caption=text)


def _may_end_in_credit(text: str) -> bool:
    """Does its end bear any word or sign of a credit? Most paragraphs have none, and need not be asked ten times."""
    end = text[-_REACH:].rstrip()
    if any(map(end.__contains__, "/:|©")) or end.endswith(_CLOSED):
        end = end.lower()
        return any(map(end.__contains__, _SIGNS)) or not end.isascii() and any(map(end.__contains__, _SIGNS_ABROAD))
    return any(map(end.__contains__, _BY_WORDS)) or not end.isascii() and any(map(end.__contains__, _PICTURED_ABROAD))


def _is_credit(pattern: re.Pattern[str], picture: Picture, text: str, *, is_licensed: bool) -> bool:
    """`… was hung beside a Photo by Capa` is a sentence: where none ended before the credit, its source must look like one."""
    if pattern is _STATED:
        who = " ".join(picture.credit_sources)
        if re.search(r"[a-z]{3,}[.!?] [A-Z]", picture.credit_raw) or len(who.split()) > 14 or not re.match(r"[A-Z\"@]|the |a ", who):
            return False
        ended = not picture.caption or picture.caption[-1] in ".!?\"”’')]"
        return ended or is_licensed or "/" in picture.credit_raw
    if pattern is _LABELLED:  # `… with a photo: “I was there”` is a sentence
        who = picture.credit_raw.partition(":")[2].strip() or picture.credit_raw
        return not (who[0].islower() and len(who.split()) > 4) and not any(sign in who for sign in '"“”„«»?!')
    if pattern is _AGENCY_PHOTO:
        return agency_of(picture.credit_sources[0]) is not None
    if pattern is _AGENCY_SLASH:
        return len(picture.credit_raw) <= 70 and (
            not picture.caption or picture.caption[-1] in ".!?\"”’')]" or text[-1] in ")]" or text.isascii()
        )
    if pattern is _COPYRIGHT:
        return bool(picture.caption) and picture.caption[-1] in ".!?\"”’'" and len(picture.caption) > 20
    return True


def _picture(text: str, match: re.Match[str]) -> Picture | None:
    groups = {name.rstrip("23"): said for name, said in match.groupdict().items() if said is not None}
    raw, kind, who = groups["raw"].strip(), groups.get("kind"), groups.get("who", "").strip()
    at_end = _FILE_AT_END.search(who)
    if at_end:
        who, kind = who[: at_end.start()], "File Photo"
    sources = _sources(who)
    if groups.get("agency"):
        agency = re.sub(r"\s+(?:PHOTO|Photo)$", "", groups["agency"].strip())
        sources = (agency, *sources)
    if not sources:
        return None
    kind = " ".join(kind.split()) if kind else None
    return Picture(caption=text[: match.start()].strip(" |"), credit_raw=raw, credit_type=kind, credit_sources=sources)


def _sources(who: str) -> tuple[str, ...]:
    """`Ama Mensah for The Post via Getty Images` → (Ama Mensah, The Post, Getty Images)."""
    parts = re.split(r"\s*/\s*|\s+via\s+|\s+for\s+|\s*;\s*|\s+\|\s+", who.strip(" .,"))
    return tuple(part.strip(" .,©") for part in parts if part.strip(" .,©"))


def key(text: str) -> str:
    """Equal for captions of the same words."""
    return " ".join(text.split()).rstrip(" .").casefold()


def merged(pictures: list[Picture]) -> tuple[Picture, ...]:
    """Each picture once: captions that come twice (on the page and in its gallery) are one, with all that either says."""
    found: list[Picture] = []
    by_url: dict[str, int] = {}
    by_caption: dict[str, int] = {}
    bare: dict[str, int] = {}
    """Captions of pictures without an address: one that has one is another's picture if the other has one, too."""
    for picture in pictures:
        caption = key(picture.caption)
        places = (by_url.get(picture.url or ""), (bare if picture.url else by_caption).get(caption))
        place = min((one for one in places if one is not None), default=len(found))
        if place == len(found):
            found.append(picture)
        else:
            found[place] = _both(found[place], picture)
        one = found[place]
        if one.url:
            by_url.setdefault(one.url, place)
        for words in {caption, key(one.caption)} - {""}:
            by_caption.setdefault(words, place)
            if not one.url:
                bare.setdefault(words, place)
            elif bare.get(words) == place:
                del bare[words]
    return tuple(found)


def _both(one: Picture, other: Picture) -> Picture:
    richer, poorer = (one, other) if len(one.credit_raw) >= len(other.credit_raw) else (other, one)
    return Picture(
        caption=richer.caption or poorer.caption,
        credit_raw=richer.credit_raw or poorer.credit_raw,
        credit_type=richer.credit_type or poorer.credit_type,
        credit_sources=richer.credit_sources or poorer.credit_sources,
        license_text=richer.license_text or poorer.license_text,
        url=one.url or other.url,
    )
