"""What stands around and between a story's paragraphs on pages and wires: related links, share bars, recurring heads, credits at the end. Pure.

Each rule asks for the whole paragraph to be such a thing: a sentence that begins with the same word stays in the story.
"""

from __future__ import annotations

import re

from pipeline.text import bylines
from pipeline.text.agencies import agency_of
from pipeline.text.later import later
from pipeline.text.tables import sections

_RELATED_LOUD = later(
    r"^(?P<mark>RELATED(?:\s+(?:STOR(?:Y|IES)|ARTICLES?|NEWS|CONTENT|COVERAGE|LINKS?|VIDEO|READS?))?|READ MORE"
    r"|READ ALSO|ALSO READ|SEE ALSO|SEE MORE|READ NEXT|MORE FROM \S+|LIRE AUSSI|LEE TAMBIÉN|LEA TAMBIÉN|LEGGI"
    r" ANCHE|LEIA TAMBÉM|LEIA MAIS)"
    r"\s*[:|»>–—-]*\s*(?P<text>\S.*)$"
)
_RELATED_QUIET = later(
    r"^(?P<mark>Related(?: (?:[Ss]tor(?:y|ies)|[Aa]rticles?|[Nn]ews|[Cc]ontent|[Cc]overage|[Ll]inks?|[Rr]eading))?"
    r"|Read [Mm]ore(?: (?:here|on this|about this))?|Read [Aa]lso|Also [Rr]ead|See [Aa]lso|See [Mm]ore|More"
    r"|MORE|Watch|WATCH|Listen|LISTEN|Read|READ|Read [Nn]ext|Dig deeper|Go deeper|Don['’]t miss|DON['’]T MISS"
    r"|In case you missed it|ICYMI|Explainer|Opinion|In [Pp]ictures|Photos|PHOTOS|VIDEO|Video|Live [Uu]pdates"
    r"|LIVE"
    r"|[ÀA] lire(?: aussi)?|Lire aussi|Lire [ée]galement|Voir aussi|Lee(?:r)? también|Lea también|Le puede"
    r" interesar|Te puede interesar|Leer más|Vea también|Lesen Sie auch|Lesen Sie mehr|Mehr zum Thema|Siehe"
    r" auch|Auch interessant|Leggi anche|Leggi (?:di più|tutto)|Guarda anche|Leia também|Leia mais|Veja também"
    r"|Lees ook|Läs (?:också|mer)|L[æe]s (?:også|mer|mere)|Les (?:også|mer)|Lue (?:myös|lisää)|Čtěte (?:také|též)"
    r"|Přečtěte si(?: také)?|Čítajte (?:tiež|aj)|Prečítajte si(?: aj)?|Czytaj (?:też|także|również|więcej)"
    r"|Zobacz (?:też|także|również)|Przeczytaj (?:też|także)|Olvassa el(?: ezt is)?"
    r"|Kapcsolódó(?: cikk(?:ek|ünk)?)?|Citește și|Citiți și|Vezi și|Pročitajte (?:još|i)|Baca [Jj]uga"
    r"|BACA JUGA|Baca [Ll]agi|BACA LAGI|Lihat juga|Simak juga|Xem thêm|Đọc thêm|Saiba mais"
    r"|Διαβάστε (?:επίσης|ακόμα|ακόμη|και)|Δείτε (?:επίσης|ακόμα|και)|İlgili [Hh]aber(?:ler)?"
    r"|Ayrıca (?:bakınız|oku(?:yun)?)|Читайте (?:также|також|ещё|еще)|Читати також|Дивіться також"
    r"|Смотрите также|Читать также|По теме|Материалы по теме|Прочетете (?:още|и)|Вижте (?:още|и)|Още по темата|Прочитајте (?:још|и)|קראו (?:גם|עוד)|ראו גם"
    r"|بیشتر بخوانید|همچنین بخوانید|مزید پڑھیں|طالع أيض[اً]+|شاهد أيض[اً]+"
    r"|यह भी पढ़ें|ये भी पढ़ें|आगे पढ़ें|আরও পড়ুন|আরো পড়ুন|อ่านเพิ่มเติม|อ่านต่อ|อ่านข่าว|ข่าวที่เกี่ยวข้อง"
    r"|اقرأ أيض[اً]+|اقرأ المزيد|اقرأ"
    r" أيضاً|إقرأ أيضا|相关阅读|相关报道|延伸阅读|関連記事|【関連】|관련기사|\[관련기사\])"
    r"\s*(?:[:|»>→▶]+|\s[–—-]\s)\s*(?P<text>\S.*)$"
)
_MAY_BEGIN = frozenset(
    "more, watch, listen, read, explainer, opinion, in pictures, photos, video, live, live updates, related, don't miss, don’t miss".split(
        ", "
    )
)
"""Such words begin a sentence or an item of a list, too."""
_RELATED_HEAD = later(
    r"^(?:related|read|see|also|more|recommended|à lire|lire aussi|te puede|le puede|mehr|lesen sie|auch|leggi"
    r"|leia|veja|lees|läs|læs|les også|les mer|lue |čtěte|přečtěte|čítajte|czytaj|zobacz|olvassa|kapcsolódó|citește|vezi|pročitajte"
    r"|baca|xem thêm|đọc|tin liên|διαβάστε|δείτε|ilgili|читайте|прочетете|още по|по теме|материалы|קראו|بیشتر|यह भी|ये भी|আরও|อ่าน"
    r"|اقرأ|مواضيع|相关|推荐|関連|관련)"
)
_HEAD_FORMS = later(
    r"^(?:more (?:from|in|about) .{2,40}|related (?:news|stories|articles|coverage) (?:on|from|at|in) .{2,40}"
    r"|follow us on .{2,40}|read more (?:from|on|about) .{2,40}|latest (?:from"
    r"|in|on) .{2,40}|trending (?:in|on) .{2,30}|(?:top|popular|best) (?:in|on) .{2,30}|most read in .{2,30}"
    r"|mehr aus .{2,30}|plus d'infos sur .{2,30})$"
)
_INLINE_FORMS = later(
    r"^(?:"
    r"(?:(?:register|join)\b.{0,40}\b(?:our|us|my)|sign up|subscribe)\b.{0,60}\b(?:newsletters?|alerts?|briefing|updates|channel|app|inbox"
    r"|podcast|email|daily)\b.{0,80}"
    r"|get (?:the latest|our|breaking|more) .{0,80}\b(?:newsletters?|inbox|app|alerts|email)\b.{0,40}"
    r"|(?:click|tap) here (?:to|for)\b.{0,100}|download (?:the|our) .{0,40}\bapp\b.{0,40}"
    r"|follow (?:us|him|her|them|me|@\w+|[\w. ]{2,40}) on (?:twitter|x|facebook|instagram|threads|bluesky|telegram"
    r"|whatsapp|google news|tiktok|youtube)\b.{0,80}"
    r"|like us on facebook.{0,60}|(?:story|article) continues (?:below|after)\b.{0,40}|getting your trinity"
    r" audio.{0,40}|listen to this article.{0,40}|your browser does not support.{0,80}"
    r"|\d+ min(?:ute)?s? (?:read|listen|ago)|\d+ (?:hours?|days?|minutes?) ago|\d+ (?:comments?|shares?|views?"
    r"|likes?)|reading time:? .{0,20}|estimated reading time.{0,20}"
    r"|(?:please )?enable javascript.{0,80}|this (?:site|website) uses cookies.{0,120}|we use cookies.{0,160}"
    r"|accept (?:all )?cookies|reject all|manage (?:cookies|preferences)"
    r"|image \d+ of \d+|\d+\s*/\s*\d+|\d+ of \d+|view \d+ (?:photos|images|comments)"
    r"|image source[,:] .{2,60}|read more (?:at|on) (?:www\.)?[\w-]+(?:\.[\w-]+)+(?:/\S*)?|(?:tags|topics|filed under|keywords) ?: .{0,150}[^.!?]"
    r"|(?:do you )?(?:have|got) (?:a|any) .{2,60}\? (?:please )?(?:e-?mail|write to|contact|get in touch|let us know|send)\b.{0,120}"
    r"|(?:this (?:article|content|post|story|feature|page) (?:is|was|has been) )?(?:sponsored|paid for|brought to you) by .{2,60}"
    r"|(?:paid|sponsored|partner|branded) (?:content|post|article) (?:by|from|with) .{2,60}"
    r"|[\"“]?(?:questions|comments|tips)\?.{0,40}\b(?:e-?mail|write to|contact) us\b.{0,80}"
    r"|#\d{1,4}"
    r"|[-=_*•·.~—–/]{1,}(?:\s+[-=_*•·.~—–/]+)*"
    r")$"
)
_INLINE_ABROAD = later(
    r"^(?:(?:字号|字体|字体大小|字號|字體)\s?[:：]?[\s\[\]【】大中小特超默认打印关闭放大正常缩小|+A-]*|(?:用)?(?:微信)?(?:扫一扫|扫码|扫描|掃描|長按|长按)[^。！？]{0,40}(?:二维码|二維碼|关注|下载|分享|转发|微信|解锁)[^。！？]{0,30}"
    r"|(?:点击|點擊|戳)(?:下方|阅读|左下|这里|此处)[^。！？]{0,30}|(?:打印本页|关闭窗口|返回顶部)[\s\S]{0,20}"
    r"|[^。！？]{0,40}(?:关注|關注|下载|下載)[^。！？]{0,20}(?:公众号|公眾號|客户端|客戶端|app)[^。！？]{0,6}"
    r"|返回[^。！？]{0,12}(?:首页|列表)\s*(?:>>|»)?|(?:本文|文章)?原标题[:：].{2,80}|分享(?:到|至)[:：]?[^。！？]{0,60}"
    r"|(?:카카오톡|페이스북|네이버)[^.]{0,40}공유.{0,20}|글자 ?크기.{0,30}|기사 ?(?:공유|스크랩|프린트).{0,30}"
    r")$"
)
"""The same in Chinese and Korean: asked only of lines that have a sign of theirs."""
_FAULT = re.compile(
    r"(?:PHP )?(?:Warning|Notice|Deprecated|Fatal error|Parse error|Strict Standards): .{1,600} in \S{1,300} on line \d{1,6}"
)
"""What a publisher's own program says of itself, among the paragraphs: a fault of PHP's, as it prints them."""
_NOTEPAD = later(
    r"^(?:#+\s*)?(?:dpa-)?Notizblock\b|^#*\s*Notizblock|nicht (?:zur|für die) Veröffentlichung bestimmt|\bnot"
    r" (?:intended )?for publication\b(?!.*\b(?:before|until)\b)|^\* \* \* \*(?: \*)*$",
)
"""dpa's notepad and its like hold contacts that must not be published: it ends the text, and nothing of it is kept."""
_NOTEPAD_WORDS = ("Notizblock", "Veröffentlichung", "publication", "* *")
"""One of them is in each such line: most lines need not be searched."""
_TAIL = later(
    r"^(?:"
    r"\(?(?:Additional |Further |Writing and |Reporting and )?(?:[Rr]eporting|[Ww]riting|[Ee]diting|[Cc]ompiled"
    r"|[Tt]ranslated|[Tt]ranslation|[Gg]raphics?) (?:and (?:writing|editing|reporting) )?(?:[Bb]y|BY) .*"
    r"|\((?:Reporting|Writing|Editing|Compiled|Additional|With|Bericht|Text|Edité|Édité|Reportage|Rédigé|Version"
    r" française|Reporte de|Reporte|Editado|Escrito|Redacción|Traducido|Information from|Source)\b[^()]{3,600}\)"
    r"|(?:[—–-]+\s*)?\(?[Ww]ith (?:files?|inputs?|reporting|contributions?|additional reporting|information)\b.{0,160}"
    r"|(?:The )?(?:Associated Press|AP|Reuters|AFP|UPI|Bloomberg|CNN|The Canadian Press)(?:['’]s)?(?:\s+[\w-]+){0,4}"
    r" (?:writers?|reporters?|journalists?|correspondents?|researchers?|video journalists?|photographers?)\b.{3,400}\bcontributed\b.*"
    r"|(?:Copyright|COPYRIGHT|©|\(c\)|\(C\))\s.{2,300}"
    r"|This material may not be published.*|Our Standards:.*|Nuestros Estándares:.*|Les standards Thomson Reuters.*"
    r"|(?:Follow|Find|Read) (?:AP|all of AP|more of AP|more AP)\b.{0,200}|(?:More|Full|Complete) AP .{2,60}:?"
    r" https?://\S+.*|AP (?:[A-Z][\w ]+): https?://\S+.*|Online: https?.*|Follow .{3,60} (?:on|at) (?:Twitter"
    r"|X|Facebook|Instagram|Bluesky|Threads|https?)\b.{0,160}"
    r"|This report by (?:The Canadian Press|La Presse canadienne) was first published.*|Cette dépêche (?:de"
    r" La Presse Canadienne )?a été (?:initialement )?publiée.*|La Presse Canadienne.{0,10}"
    r"|SOURCE:? .{2,160}|View (?:source|original) (?:version|content)\b.*|(?:Logo|Photo|Video|Image|Infographic"
    r"|Multimedia)s?\s*[-–:]\s*https?://\S+.*|Cision View original.*|To view the source version.*|This news"
    r" release .{0,120}Newsfile.*"
    r"|[a-z]{2,4}(?:[/-][a-z]{2,5}){1,5}(?:\.\w{2,4})?|[a-z]{2,3}\.[a-z]{2,3}|dpa(?: [a-z0-9]{2,6}){2,8}|--?\s?[A-Z]{2,6}"
    r"|[\w.+-]+@[\w-]+\.[\w.-]+"
    r"|[A-Z]{2,5} [a-z]{2,4}(?:/[a-z]{2,4})+|PTI(?: [A-Z]{2,4}){1,6}|IANS|EFE(?:\s+[a-z]{2,4}(?:/[a-z]{2,4})*)?|(?:==|=)Kyodo|\(?Q\)?UPI"
    r"|\(c\) \d{4}.{0,100}|—+\s*[A-Z][\w .]{2,40},? (?:The )?(?:Associated Press|Bloomberg|Reuters)"
    r"|To contact the (?:reporters?|editors?|authors?)\b.*|--?With assistance from\b.*|(?:©|Copyright ©?) ?\d{4} Bloomberg.*"
    r"|The (?:Associated Press|AP)(?:['’]s)? .{2,160}(?:receives|receive) (?:financial )?(?:support|funding)\b.*"
    r"|The AP is solely responsible.*"
    r")$"
)
_TAIL_WITHIN = later(
    r".{3,300}\bcontributed (?:to this (?:report|story|article|dispatch)|reporting|from [A-Z]\w+)\b.{0,80}"
    r"|.{0,60}\b[Aa]ll [Rr]ights [Rr]eserved\b.{0,200}"
)
"""Tails that are known by words in their middle: only lines that bear one are asked."""
_TAILS_ABROAD = later(
    r"(?:--|—)\s?(?:Editors?|With assistance)\b.{2,200}|Edited by [A-Z].{2,80}"
    r"|\(?(?:Except for the headline, )?[Tt]his (?:story|report|article) has not been edited by\b.{0,160}"  # syndicated copy in India
    r"|(?:© ?)?dpa-infocom\b.{0,60}|\((?:END|MORE)\) \S.{2,60}|(?:© )?RIPRODUZIONE RISERVATA\b.{0,60}"
    r"|\((?:Reportado|Con reporte|Reportagem|Escrito|Scritto|Geschrieben|Verslag|Автор|Репортаж|Редактор)\b[^()]{3,300}\)"
    r"|(?:Автор|Редактор|Корреспондент|Haberi hazırlayan|Kaynak|Redaktion|Redacción|Redazione)\b:?\s[^\W\d_a-zа-я].{2,60}"
    r"|<?\s?저작권자.{2,80}|.{0,12}무단 ?(?:전재|복제|배포).{0,60}|.{0,30}無断(?:転載|複製).{0,40}|(?:版权|版權)所有.{0,40}"
    r"|(?:Con información de|Con informaciones de|Com informações de|Avec la contribution de|Con la collaborazione di)"
    r"(?: [A-ZÀ-Þ][\w.'’-]*,?| y| e| et| de| del| da){2,14}\.?"
    r"|[【（(\[]?(?:责任编辑|責任編輯|责编|编辑|編輯|校对|審校|来源|來源)\s?[:：].{1,30}[】）)\]]?"
)
"""Credits and rights, each the whole line, that are not only English."""
_RIGHTS = re.compile(r"(?:Copyright|COPYRIGHT|©|\([cC]\))\s.{2,300}|.{0,100}\b[Aa]ll [Rr]ights [Rr]eserved\b.{0,200}")
_REACHED = later(
    r"(?:Contact|Reach|E-?mail|Email) (?:(?:[A-Z][\w.'’-]+ ){1,4}|the (?:reporter|writer|author)s? )(?:at|on|via|by) (?P<a>.{2,120})"
    r"|.{0,160}\b(?:[Hh]e|[Ss]he|[Tt]hey|[A-Z]\w+) can be (?:reached|contacted|e-?mailed|followed) (?:at|on|via|by) (?P<b>.{2,120})"
    r"|[A-Z].{2,120}\. Follow (?:him|her|them) (?:at|on) (?P<c>.{2,60})"
)
_ADDRESS = re.compile(r"@\w|\d{3}[-. ]\d{4}")
"""An address of electronic mail, a handle, a telephone's number."""
_WITH_AGENCY = later(
    r"^\(?(?:With|Avec|Con|Com|Mit|Met|Med|Z|С|Theo|По материалам|За матеріалами|По информация на|Fonte|Fuente|Source|Quelle|Bron|Источник)\b:?\s"
    r"(?:(?:información|informações|informazioni|informations?|[Mm]aterial|Informationen|Agenturmaterial|reportes?)\s(?:(?:de|da|do|das|des|di|von|der|from)\s)?)?"
    r"(?P<who>[^()]{2,60}?)\)?\.?$",
    re.IGNORECASE,
)
_AGENCIES = later(
    r"(?:les |las |le |as |den )?(?:agences|agencias|agenzie|agências|agenturen|agencies|wires?|agentschappen|agencji)", re.IGNORECASE
)
_LISTED = re.compile(r"\s*[,/]\s*|\s(?:and|et|y|und|e|en|i)\s")
_CONTACT = later(
    r"^(?:(?:Media|Press|Investor|Investors?|Company|Public|For (?:more|further|media|additional))\b[\w &/-]{0,40})?(?:Contacts?"
    r"|CONTACTS?|contacts?|information|INFORMATION|inquiries|enquiries|Relations)(?:,? (?:please )?(?:contact"
    r"|visit))?\s*[:：].{0,200}$"
    r"|^(?:Contacts?|CONTACTS?|Pressekontakt|Kontakt|Contatti|Contacto|Contact presse|Media Contacts?|Press"
    r" Contacts?|Investor Relations|Media Relations)\s*:?$"
    r"|^For (?:more|further) information,? (?:please )?(?:contact|visit|call)\b.{0,300}$"
)
_TAIL_REACH = 800
"""Characters from the end of the last paragraph in which a credit can begin."""
_SIGNED_OFF = later(r"(?:\s+|(?<=[.”\"])\s*)(?:--?\s*)?\((?P<mark>[^()]{2,24})\)\s*\.?$")
_BACK = later(r"(?<=[。！？”])\s*(?P<tail>返回[^。！？]{1,12}首[页頁]\s*(?:>>)?)$")
_BRACKETED = later(r"(?<=[。！？”」）)…])\s*(?P<tail>[（(][^()（）]{2,40}[）)])$")
_CREDIT_INLINE = later(
    r"\s*(?P<tail>\((?:Additional |Further )?(?:Reporting|Writing|Editing|Compiled|reporting|Edité|Édité|Reporte"
    r"|Editado)\b[^()]{5,600}\))\s*\.?$"
)
_SIGNED_LETTERS = later(r"(?<=[.”\"'’)])\s+(?P<mark>[A-Z]{2,5}(?: [A-Z]{2,4}){0,6})$")


def _key(line: str) -> str:
    return line.replace("’", "'").strip(" :»>|▼▾…*#•→").casefold().replace("i̇", "i")


def related_of(line: str, *, is_linked: bool = True) -> str | None:
    """The words of a link to another story: what follows `RELATED`, `Read more:` or the like; None where the line is none.

    `is_linked`: markup says that it is a link, or there is no markup; else `Watch: …` and its like may begin a sentence.
    """
    if len(line) > 260:
        return None
    quiet = _RELATED_QUIET.match(line)
    if quiet and (is_linked or quiet["mark"].casefold() not in _MAY_BEGIN):
        return quiet["text"]
    loud = _RELATED_LOUD.match(line)
    if loud and (line[loud.end("mark") : loud.start("text")].strip() or loud["text"][0].isupper() or not loud["text"][0].isalpha()):
        return None if loud["text"].isupper() and len(loud["text"].split()) > 3 and loud["mark"] != "RELATED" else loud["text"]
    return None


def is_tail_head(line: str) -> bool:
    """A heading under which a page lists what is not the story: `Latest Headlines`, `Most read`, `Follow Us`."""
    if len(line) > 60:
        return False
    key = _key(line)
    is_more = line.rstrip().endswith(("»", "›", "→")) and key.startswith("more ") and len(key.split()) <= 4  # MORE OPINION »
    return is_more or key in sections("page_words.txt")["tail heads"] or bool(_HEAD_FORMS.match(key))


def is_related_head(line: str) -> bool:
    """A heading of a box that may stand in the middle of a story, the links below it: `RELATED`, `Read more`, `See also`."""
    return len(line) <= 200 and bool(_RELATED_HEAD.match(_key(line)))


def is_inline(line: str) -> bool:
    """A line that pages put between paragraphs: `Advertisement`, `Story continues below`, a share button, a row of dashes."""
    if " on line " in line and _FAULT.fullmatch(line):
        return True
    if len(line) > 200:
        return False
    key = _key(line)
    if not key or key in sections("page_words.txt")["between"]:
        return True
    folded = line.strip().casefold()
    return bool(_INLINE_FORMS.match(folded)) or max(line) > "\u2e80" and bool(_INLINE_ABROAD.match(folded))


def is_notepad(line: str) -> bool:
    """The start of what an agency adds for editors only and must not be published."""
    return len(line) < 300 and any(map(line.__contains__, _NOTEPAD_WORDS)) and bool(_NOTEPAD.search(line))


def is_tail(line: str) -> bool:
    """A credit, a copyright line, an editor's initials: what agencies put below the last paragraph."""
    if len(line) > 700:
        return False
    if ("contributed " in line or "ights " in line) and _TAIL_WITHIN.fullmatch(line):
        return True
    return bool(_TAIL.match(line)) or bool(_TAILS_ABROAD.fullmatch(line)) or len(line) < 100 and _is_signature(line)


def is_rights(line: str) -> bool:
    """A copyright line, the whole of it."""
    return len(line) <= 400 and bool(_RIGHTS.fullmatch(line))


def is_reached(line: str) -> bool:
    """Where the writer can be reached, as last words: `Contact Jane Doe at …`, `Jane Doe covers transport. She can be reached at …`."""
    found = _REACHED.fullmatch(line) if len(line) <= 300 and _ADDRESS.search(line) else None
    return found is not None and any(_ADDRESS.search(said) for said in found.groups() if said)


def _is_signature(line: str) -> bool:
    """An agency's mark, with `Staff`, or with `avec`, `con información de` and the like; in brackets where the mark is a word, too."""
    shared = _WITH_AGENCY.match(line)
    if shared:
        return all(_AGENCIES.fullmatch(one) or agency_of(one) for one in _LISTED.split(shared["who"]))
    agency = agency_of(line.strip("()[]. -–—").removesuffix(" Staff")) if len(line) < 30 else None
    return agency is not None and (not agency.is_word or line.startswith(("(", "[")))


def is_contact(line: str) -> bool:
    """`Media contact:` and its like: from there on a press release is for editors."""
    return len(line) <= 400 and bool(_CONTACT.match(line))


def split_tail(paragraph: str) -> tuple[str, str | None]:
    """The last paragraph without a credit or an agency's sign that follows its last sentence: `… he said. (Reporting by …)`."""
    at = max(0, len(paragraph) - _TAIL_REACH)
    inline = _CREDIT_INLINE.search(paragraph, at)
    if inline and inline.start() > 0:
        return paragraph[: inline.start()], inline["tail"]
    signed = _SIGNED_OFF.search(paragraph, at)
    if signed and signed.start() > 0 and agency_of(signed["mark"]) and paragraph[signed.start() - 1] in ".!?\"”’'»。":
        return paragraph[: signed.start()].rstrip(), paragraph[signed.start() :].strip()
    bracketed = _BRACKETED.search(paragraph, at) if paragraph.endswith(("）", ")")) else None
    if bracketed and bylines.signature_of(bracketed["tail"]):
        return paragraph[: bracketed.start()], bracketed["tail"]
    if paragraph.endswith((">>", "首页", "首頁")) and (back := _BACK.search(paragraph, at)):
        return paragraph[: back.start()], back["tail"]
    letters = _SIGNED_LETTERS.search(paragraph, at)
    if letters and agency_of(letters["mark"].split()[0]):
        return paragraph[: letters.start()].rstrip(), letters["mark"]
    return paragraph, None
