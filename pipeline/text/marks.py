"""Marks that wires put around a story's words: corrections, writethrus, alerts, kills, embargoes, words to editors, ends. Pure.

Sources: the AP's and Reuters' editing handbooks (CORRECTED, REFILE, UPDATE n, WRAPUP n; f, b and u priorities; writethru and take
lines), dpa's style (Eilmeldung, 1. Zusammenfassung, Achtung), Yonhap's and Kyodo's lead marks, and what the sample wires hold.
"""

from __future__ import annotations

import re
from enum import StrEnum

import msgspec

from pipeline.text.later import later


class Mark(StrEnum):
    """What a headline's or a header line's mark says."""

    CORRECTION = "correction"
    WRITETHRU = "writethru"
    ALERT = "alert"
    URGENT = "urgent"
    ADVISORY = "advisory"
    KILL = "kill"
    HOLD = "hold"
    PLAIN = "plain"
    """A mark that changes nothing for us: a repeat, an exclusive brief."""


_HEADLINE_MARKS: tuple[tuple[Mark, str], ...] = (
    (
        Mark.KILL,
        r"(?:MANDATORY\s+|BULLETIN\s+)?KILL(?:\s+KILL)*|STORY (?:WITHDRAWN|KILLED)|WITHDRAWN|TEXT WITHDRAWN|ANNULATION|ANNULE(?:R|Z)?",
    ),
    (Mark.HOLD, r"HOLD(?:\s+HOLD)+"),
    (
        Mark.CORRECTION,
        r"CORRECT(?:ED|ION|S|IVE)?(?:-OFFICIAL|\s*\(OFFICIAL\))?|Correct(?:ed|ion)(?: version)?|CLARIFICATION|REFILE|CORRECTED REPEAT"
        r"|BERICHTIGUNG|Berichtigung|KORREKTUR|Korrektur|RECTIFICATIF|Rectificatif|CORRECTIF|CORRECCIÓN|Corrección|RETTIFICA|ERRATA",
    ),
    (
        Mark.WRITETHRU,
        r"UPDATE(?:D)?(?:\s*\d+)?|Update(?:\s*\d+)?|WRAPUP(?:\s*\d+)?|RECAST|"
        r"(?:\d+(?:st|nd|rd|th)?\s*)?(?:LD|LEAD)(?:[-\s]+WRITETHRU)?|\d+(?:st|nd|rd|th)?\s*(?:Ld|Lead)|(?:\d+(?:st|nd|rd|th)?\s*)?(?:Ld|Lead)[-\s]+(?:Writethru|Writethrough)|WRITETHRU|Writethru|Writethrough"
        r"|(?:\d+\.\s*)?(?:ZUSAMMENFASSUNG|Zusammenfassung|ZF)|AMPLIACIÓN|AMPL(?:IACION)?|LEAD ALL",
    ),
    (
        Mark.ALERT,
        r"FLASH|BULLETIN|(?:AP\s?)?News\s?Alert|NEWS\s?ALERT|ALERT|ALERTE|ALERTA|BREAKING(?: NEWS)?|Breaking(?:"
        r" News)?|EILMELDUNG|Eilmeldung|EIL|SNAP|NEWSFLASH|Newsflash|JUST IN"
        r"|عاجل|МОЛНИЯ|СРОЧНО|快讯|速報|긴급|속보|1보",
    ),
    (Mark.URGENT, r"URGENT[E]?|Urgent[e]?|DRINGEND|U\s?R\s?G\s?E\s?N\s?T"),
    (Mark.ADVISORY, r"(?:MEDIA |NEWS |PHOTO )?ADVISORY|Media [Aa]dvisory|DIARY|DAYBOOK|BUDGET|PLANNER|ADVANCE ADVISORY"),
    (Mark.PLAIN, r"RPT|REPEAT|BRIEF|ATTENTION"),
)
_WORDS_TOO = frozenset((Mark.ADVISORY, Mark.ALERT, Mark.HOLD))
"""Their words begin headlines, too."""
_MARK = "|".join(f"(?P<{mark.name}>{pattern})" for mark, pattern in _HEADLINE_MARKS)
_BEFORE_HEADLINE = later(rf"^(?:(?:{_MARK})\s*(?P<sep>[-–—:*/]+|\||\.{{2,}})\s*(?=\S))")
_IN_BRACKETS = later(rf"^[(\[]\s*(?:{_MARK})\s*[)\]]\s*[-:]?\s*(?=\S)")
_ALONE = later(rf"^[*\s]*(?:{_MARK})[*\s.!:–—-]*$")
_TAKE_LINE = later(
    r"^(?:(?:BC|AP|AM|PM|EU|AS|ML|AF|US|CN|LA|UN|HFR|BBA|FBN|SOC|FBC|BKC|HKN)-{1,2}[\w&;.'/-]+.*"
    r"|.{1,60},\s*\d+(?:st|nd|rd|th)\s*(?:Ld|LD|Lead|Add|Sub|Ld\.)[-\s]?(?:Writethru|Writethrough)?(?:,\s*\d+)?"
    r"|.{0,60}\b\d+(?:st|nd|rd|th)\s?Ld-Writethru\b.{0,20}|Take \d+.*|.{0,40}\bAPNewsAlert\b.{0,12}|ZCZC\b.*|.{1,40}\s+\d{3,4}\s?words?)$"
)
_TAKE_MARKS = (
    (Mark.WRITETHRU, re.compile(r"\d+(?:st|nd|rd|th)?\s*(?:Ld|LD|Lead|LEAD)\b|[Ww]ritethr[ou]|WRITETHRU")),
    (Mark.ALERT, re.compile(r"News\s?Alert|NEWS\s?ALERT|\bFLASH\b|\bBULLETIN\b", re.ASCII)),
    (Mark.URGENT, re.compile(r"\bURGENT\b")),
    (Mark.CORRECTION, re.compile(r"\bCORRECT(?:ION|ED|S|IVE)\b|\bCorrection\b")),
    (Mark.KILL, re.compile(r"\bKILL\b|\bWITHDRAWN\b")),
)
_KILL_NOTICE = later(
    r"^(?:(?:ATTENTION )?(?:EDITORS|Editors|Eds)\b.{0,40}?[:–—,-]?\s*)?(?:(?:please\s+)?(?:MANDATORY )?(?:KILL"
    r"|Kill|kill)\b(?:\s+KILL)*.{0,80}(?:\b(?:item|story|stories|slug\w*|dpa|AP|version|text|the)\b|$)"
    r"|.{0,120}\b(?:has been|is|was|are|being) (?:withdrawn|killed)\b|The .{3,80} (?:story|item|article) (?:has"
    r" been|is|was) (?:withdrawn|killed)|STORY (?:WITHDRAWN|KILLED)"
    r"|(?:A )?kill is mandatory)",
)
_EMBARGO = later(
    r"^[*\s(]*(?:EMBARGO(?:ED)?\b|Embargo(?:ed)?\b\s*(?:[:–—-]|until|for|jusqu|bis|hasta|fino)|(?:STRICTLY"
    r" )?(?:HOLD|NOT) FOR (?:RELEASE|PUBLICATION)\b|Hold for release\b|Not for (?:release|publication|broadcast)[^.]{0,40}\b(?:before"
    r"|until)\b"
    r"|FOR RELEASE (?:AT|ON|AFTER)\b|SPERRFRIST\b|Sperrfrist\b|SOUS EMBARGO|Sous embargo\b|EMBARGADO|Embargado hasta)"
)
_ADVISORY_LINE = later(
    r"^(?:\((?:ATTN|Adds?|Adding|Updates?|Updating|Recasts?|Repeats?|Refiles?|Rewrites?|Writes? through|Releads?"
    r"|Removes?|Drops?|Fixes|Clarifies|Edits|Includes|Changes|Deletes|Restores|Inserts|Incorporates|Eds|Editors?['’]?s?['’]?"
    r" [Nn]ote|Note|Achtung|Wiederholung|Ergänzt|Neu|Actualise|Actualisation|Ajoute|Añade|Actualiza|Amplía"
    r"|Aggiorna|Aggiunge)\b[^()]*(?:\([^()]*\)[^()]*)*\)\.?"
    r"|(?:\^?Eds|EDS|EDITORS|Editors|ATTENTION EDITORS|Attention [Ee]ditors|ATTENTION|NOTE TO EDITORS|Notes?"
    r" to [Ee]ditors|EDITORS?['’]?S?['’]? NOTE|Editors?['’]?s?['’]? [Nn]ote|ED(?:S)?\.? NOTE|Ed(?:s)?\.? note"
    r"|ACHTUNG|Achtung|PICTURES? AVAILABLE|With (?:AP )?(?:Photos?|photos?|BC-)|AP Photos?|HOLD|N\.B\.)\s*[:.–—-]+\s*\S.*"
    r"|\((?:Eds|EDS)\b.*\))$"
)
_UPDATES = later(
    r"^(?:\((?:ATTN:?\s*)?|\^?(?:Eds|EDS)\s*[:.]\s*)"
    r"(?:Adds?|ADDS?|Updates?|UPDATES?|Updating|Recasts?|RECASTS?|Rewrites?|Writes? through|Releads?"
    r"|Includes|Actualise|Ajoute|Añade|Actualiza|Amplía|Aggiorna)\b"
)
_CORRECTION_LINE = later(
    r"^(?:\((?P<a>(?:[Cc]orrects?|CORRECTS?|[Cc]orrecting|[Cc]orrection|Corrige|Korrigiert|Berichtigt|Rectifica"
    r"|In (?:[A-Z][a-z]{2,8}\.? \d{1,2}|paragraph|the|an earlier)[^()]{0,60}correct)[^()]*(?:\([^()]*\)[^()]*)*)\)\.?"
    r"|(?:CORRECTION|Correction|CORRECTS|Corrects|CLARIFICATION|Clarification|CORRECTED|Berichtigung|Korrektur"
    r"|Rectificatif|Corrección|Rettifica|Errata)(?:,? \(?(?:[A-Z][a-z]{2,8}\.? )?\d[\d/., ]{0,12}(?:\d?\d:\d\d[\w. ]{0,14})?\)?)?"
    r"\s*[:–—-]+(?!\d\d\b)\s*(?P<b>\S.*)"
    r"|(?P<c>(?:This|An earlier version of this|A previous version of this) (?:story|article|version|report"
    r"|item|headline)\b.{0,60}?\b(?:corrects?|corrected|misstated|misspelled|misidentified|incorrectly|mistakenly"
    r"|erroneously)\b.*)"
    r"|\((?P<d>This(?: [A-Z][a-z]{2,8}\.? \d{1,2}(?:, \d{4})?)? (?:story|article|version|report|item|headline)\b[^()]{0,60}?\bcorrected\b[^()]*)\)\.?"
    r"|(?P<e>This (?:story|article|report|column|obituary|page) (?:was|has been) amended (?:on|to)\b.*"
    r"|A (?:correction|clarification) (?:was|has been) (?:made|added|issued|published) (?:on|to|at)\b.*))$"
)
_BULLETS = "•*·▪ "
_EDS_CORRECTS = re.compile(r"\b(?:CORRECTS|Corrects|corrects|CORRECTION|Correction)\b:?\s*(?P<what>.+)$")
_END = later(
    r"^[\s*(（\[–—-]*(?:-\s*30\s*-|30|#(?:\s*#)+|(?:END|End|ENDS|Ends|ends|end)(?:item|it)?|-\s*0\s*-|XXX|NNNN"
    r"|FIN|Fin|ENDE|Ende|KONIEC|完|끝|終わり|了)[\s*)）\].–—-]*$"
)
_MORE = later(
    r"^[\s(\[–—-]*(?:-?\s*more\s*-?|MORE|MORE TO COME|More to come|more to follow|More to follow|MORE TO FOLLOW"
    r"|à suivre|À suivre|sigue|segue|mehr|\(more\)|FIRST TAKE ENDS.*|\d+(?:st|nd|rd|th) (?:add|take))[\s)\].–—-]*$"
)
_TAKES_OFF = re.compile(r"\s*(?:-30-|# # #|###|\(END\)|-0-|--?ENDS--?|-ends-|-more-|\(more\)|\(MORE\)|Endit(?:em)?\.?|NNNN)\s*$")


_END_REACH = 40
"""Characters from the end of a paragraph in which an end mark begins."""
_LONGEST_MARK = 240
"""Characters. No line that is only a mark is longer."""
_LONGEST = 2000
"""Characters. No mark, note or notice to editors is longer: a longer line is a paragraph, and costs nothing here."""


class Marked(msgspec.Struct, frozen=True):
    """A headline without its marks, and the marks."""

    text: str
    marks: frozenset[Mark]


def _which(match: re.Match[str]) -> Mark:
    return next(mark for mark in Mark if mark.name in match.groupdict() and match[mark.name] is not None)


def of_headline(headline: str) -> Marked:
    """`UPDATE 2-Ministers agree` → `Ministers agree`, writethru. A mark counts only before a dash or colon, or in brackets."""
    found: set[Mark] = set()
    text = headline.strip()
    while len(text) <= _LONGEST and (match := _BEFORE_HEADLINE.match(text) or _IN_BRACKETS.match(text)) is not None:
        mark = _which(match)
        if mark in _WORDS_TOO and text[match.end()].islower():  # BUDGET: what it means for you
            break
        if mark is Mark.PLAIN and match.groupdict().get("sep") is None:
            break
        found.add(mark)
        text = text[match.end() :]
    return Marked(text, frozenset(found))


def of_line(line: str) -> frozenset[Mark] | None:
    """The marks of a header line that holds nothing else (`URGENT`, a take line); None where the line is no such line."""
    if len(line) > _LONGEST_MARK:
        return None
    alone = _ALONE.match(line)
    if alone:
        return frozenset((_which(alone),))
    if _TAKE_LINE.match(line) and not line.endswith((".", "?", "!")):
        return frozenset(mark for mark, pattern in _TAKE_MARKS if pattern.search(line)) | {Mark.PLAIN}
    return None


def is_kill_notice(line: str) -> bool:
    """Does a line tell editors to take a story off?"""
    return len(line) <= _LONGEST and bool(_KILL_NOTICE.match(line))


def is_embargo(line: str) -> bool:
    """Is it an embargo line? When it ends is `embargo.until`'s business."""
    return len(line) <= _LONGEST_MARK and bool(_EMBARGO.match(line))


def is_advisory(line: str) -> bool:
    """Words to editors: `(Adds details)`, `Eds: …`, `Editor's note: …`."""
    return len(line) <= _LONGEST and bool(_ADVISORY_LINE.match(line))


def is_update_note(line: str) -> bool:
    """A note that says what a new version adds or changes: `(Adds details)`, `Eds: UPDATES: …`."""
    return is_advisory(line) and bool(_UPDATES.match(line))


def correction_of(line: str) -> str | None:
    """What a correction line says it corrects; None where the line is none."""
    if len(line) > _LONGEST:
        return None
    match = _CORRECTION_LINE.match(line.lstrip(_BULLETS))
    if match:
        return next(part for part in match.groups() if part)
    if is_advisory(line) and (stated := _EDS_CORRECTS.search(line)):
        return stated["what"].rstrip(")")
    return None


def is_end(line: str) -> bool:
    """The end of the story: `-30-`, `###`, `(END)`."""
    return len(line) <= _LONGEST_MARK and bool(_END.match(line))


def is_more(line: str) -> bool:
    """A take's last line, `-more-`: the story goes on in the next take."""
    return len(line) <= _LONGEST_MARK and bool(_MORE.match(line))


def without_end(paragraph: str) -> str:
    """The paragraph without an end mark that stands behind its last word."""
    found = _TAKES_OFF.search(paragraph, max(0, len(paragraph) - _END_REACH))
    return paragraph[: found.start()] if found else paragraph
