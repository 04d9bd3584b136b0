"""Pages that tell machines nothing: who wrote a text, when it came out and changed, and whose it is stand in labelled lines, in many languages."""

from __future__ import annotations

import pytest

from pipeline.clean import clean
from schemas.article import Article, Draft

# language, a sentence, the lines below the headline, one below the story, and what is read: authors, published, modified, source
PAGES: list[tuple[str, str, list[str], str, list[str], str, str, str | None]] = [
    (
        "zh",
        "港口扩建工程将于明年春天动工，预计耗时三年，总投资约十亿元。市长说，这将改变整个沿海地区的经济面貌。",
        ["时间：2023-05-01 10:30:33  来源：海湾日报  作者：李明"],
        "（责任编辑：王芳）",
        ["李明"],
        "2023-05-01T10:30",
        "",
        "海湾日报",
    ),
    (
        "zh-TW",
        "港口擴建工程將於明年春天動工，預計耗時三年，總投資約十億元。市長說，這將改變整個沿海地區的經濟面貌。",
        ["發布時間：2023-05-01 10:30", "更新時間：2023-05-02 09:00", "記者李明／台北報導"],
        "",
        ["李明"],
        "2023-05-01T10:30",
        "2023-05-02",
        None,
    ),
    (
        "ja",
        "港の拡張工事は来年春に始まり、三年かかる見通しだと市長が月曜日の会議で明らかにした。総事業費は約十億円に上るという。",
        ["公開日時 2023/05/01 10:30", "最終更新 2023/05/02 09:00", "文・山田太郎"],
        "",
        ["山田太郎"],
        "2023-05-01T10:30",
        "2023-05-02",
        None,
    ),
    (
        "ko",
        "항만 확장 공사가 내년 봄에 시작되어 삼 년이 걸릴 것이라고 시장이 월요일 회의에서 밝혔다. 총사업비는 약 십억 원이라고 한다.",
        ["홍길동 기자 hong@example.kr", "입력 2023.05.01 10:30", "수정 2023.05.02. 오전 9:00"],
        "출처 : 연합뉴스",
        ["홍길동"],
        "2023-05-01T10:30",
        "2023-05-02",
        "Yonhap",
    ),
    (
        "vi",
        "Công trình mở rộng cảng sẽ bắt đầu vào mùa xuân năm sau và kéo dài ba năm, thị trưởng cho biết hôm thứ Hai.",
        ["Thứ Hai, 01/05/2023, 10:30 (GMT+7)", "Tác giả: Nguyễn Văn An"],
        "Nguồn: Báo Bến Cảng",
        ["Nguyễn Văn An"],
        "2023-05-01T10:30:00+07:00",
        "",
        "Báo Bến Cảng",
    ),
    (
        "th",
        "โครงการขยายท่าเรือจะเริ่มในฤดูใบไม้ผลิปีหน้าและใช้เวลาสามปี นายกเทศมนตรีกล่าวในการประชุมเมื่อวันจันทร์ที่ผ่านมา",
        ["เผยแพร่: 1 พฤษภาคม 2566 เวลา 10:30 น.", "ผู้เขียน: สมชาย ใจดี"],
        "ที่มา: ข่าวท่าเรือ",
        ["สมชาย ใจดี"],
        "2023-05-01T10:30",
        "",
        "ข่าวท่าเรือ",
    ),
    (
        "tr",
        "Limanın genişletme çalışmaları gelecek bahar başlayacak ve üç yıl sürecek, belediye başkanı pazartesi günü böyle söyledi.",
        ["Giriş: 01.05.2023 - 10:30", "Güncelleme: 02.05.2023 - 09:00", "Haber: Ayşe Yılmaz"],
        "Kaynak: AA",
        ["Ayşe Yılmaz"],
        "2023-05-01T10:30",
        "2023-05-02",
        "Anadolu",
    ),
    (
        "el",
        "Τα έργα επέκτασης του λιμανιού θα αρχίσουν την επόμενη άνοιξη και θα διαρκέσουν τρία χρόνια, είπε ο δήμαρχος.",
        ["Συντάκτης: Νίκος Παππάς", "Δημοσίευση: 01/05/2023, 10:30", "Τελευταία ενημέρωση: 02/05/2023, 09:00"],
        "Πηγή: ΑΠΕ-ΜΠΕ",
        ["Νίκος Παππάς"],
        "2023-05-01T10:30",
        "2023-05-02",
        "ΑΠΕ-ΜΠΕ",
    ),
    (
        "fa",
        "شهردار در نشست روز دوشنبه گفت کار گسترش بندر بهار آینده آغاز می‌شود و سه سال طول خواهد کشید و هزینه آن زیاد است.",
        ["نویسنده: علی رضایی", "تاریخ انتشار: ۱ مه ۲۰۲۳", "به‌روزرسانی: ۲ مه ۲۰۲۳"],
        "منبع: خبرگزاری بندر",
        ["علی رضایی"],
        "2023-05-01",
        "2023-05-02",
        "خبرگزاری بندر",
    ),
    (
        "id",
        "Pekerjaan perluasan pelabuhan akan dimulai musim semi mendatang dan memakan waktu tiga tahun, kata wali kota.",
        ["Penulis: Budi Santoso", "Senin, 1 Mei 2023 10:30 WIB", "Diperbarui: 2 Mei 2023"],
        "Sumber: Antara",
        ["Budi Santoso"],
        "2023-05-01T10:30:00+07:00",
        "2023-05-02",
        "Antara",
    ),
    (
        "cs",
        "Práce na rozšíření přístavu začnou příští jaro a potrvají tři roky, řekl starosta na pondělním zasedání zastupitelstva.",
        ["Autor: Jana Nováková", "1. května 2023 10:30", "Aktualizováno: 2. května 2023"],
        "Zdroj: ČTK",
        ["Jana Nováková"],
        "2023-05-01T10:30",
        "2023-05-02",
        "CTK",
    ),
    (
        "uk",
        "Роботи з розширення порту розпочнуться наступної весни й триватимуть три роки, сказав мер на засіданні в понеділок.",
        ["Автор: Олена Коваль", "Опубліковано: 1 травня 2023, 10:30", "Оновлено: 2 травня 2023"],
        "Джерело: Укрінформ",
        ["Олена Коваль"],
        "2023-05-01T10:30",
        "2023-05-02",
        "Ukrinform",
    ),
    (
        "fi",
        "Sataman laajennustyöt alkavat ensi keväänä ja kestävät kolme vuotta, pormestari sanoi maanantaina pidetyssä kokouksessa.",
        ["Teksti: Anna Virtanen", "Julkaistu 1.5.2023 10.30", "Päivitetty 2.5.2023"],
        "Lähde: STT",
        ["Anna Virtanen"],
        "2023-05-01T10:30",
        "2023-05-02",
        "STT",
    ),
    (
        "hu",
        "A kikötő bővítése jövő tavasszal kezdődik, és három évig tart majd, mondta a polgármester a hétfői ülésen a városházán.",
        ["Szerző: Kovács Anna", "2023. május 1. 10:30", "Frissítve: 2023. május 2."],
        "Forrás: MTI",
        ["Kovács Anna"],
        "2023-05-01T10:30",
        "2023-05-02",
        "MTI",
    ),
    (
        "ar",
        "تبدأ أعمال توسعة الميناء في الربيع المقبل وتستمر ثلاث سنوات، بحسب ما قال رئيس البلدية في اجتماع يوم الاثنين الماضي.",
        ["كتب: أحمد علي", "تاريخ النشر: 1 مايو 2023 10:30"],
        "المصدر: صحيفة الميناء",
        ["أحمد علي"],
        "2023-05-01T10:30",
        "",
        "صحيفة الميناء",
    ),
]


def page(language: str, sentence: str, lines: list[str], tail: str, wrap: str) -> Article:
    shown = {
        "div": "".join(f"<div>{line}</div>" for line in lines),
        "span": f"<p>{' '.join(f'<span>{line}</span>' for line in lines)}</p>",
    }[wrap]
    text = "".join(f"<p>{sentence} ({place}) {sentence}</p>" for place in range(3))
    headline = sentence[:20]
    html = f"<html lang='{language}'><title>{headline}</title><body><div><h1>{headline}</h1>{shown}<div>{text}<p>{tail}</p></div></div></body></html>"
    return clean(Draft(format="html", page_html=html, url="https://example.org/x"))


@pytest.mark.parametrize("wrap", ["div", "span"])
@pytest.mark.parametrize(("language", "sentence", "lines", "tail", "authors", "published", "modified", "source"), PAGES)
def test_labelled_lines_are_read(
    language: str,
    sentence: str,
    lines: list[str],
    tail: str,
    authors: list[str],
    published: str,
    modified: str,
    source: str | None,
    wrap: str,
) -> None:
    article = page(language, sentence, lines, tail, wrap)
    assert [one.name for one in article.authors] == authors
    assert (article.published_local or "").startswith(published)
    assert (article.modified.date().isoformat() if article.modified else "") == modified
    assert article.credited_source == source
    assert not tail or tail not in article.text


def test_a_reporter_who_signs_in_brackets_is_the_author() -> None:
    _, sentence, *_ = PAGES[0]
    text = "".join(f"<p>{sentence}{place}{sentence}</p>" for place in range(2))
    html = f"<title>{sentence[:12]}</title><h1>{sentence[:12]}</h1><div>{text}<p>{sentence}（李明）</p></div>"
    article = clean(Draft(format="html", page_html=html))
    assert [one.name for one in article.authors] == ["李明"]
    assert article.text.endswith("。")


def test_an_author_of_whom_the_story_speaks_stays_in_it() -> None:
    text = "<p>The library has three books on the harbour, and its readers liked this one most.</p><p>Author: Alys Example</p>"
    html = f"<h1>Three books on the harbour</h1><div>{text}<p>They were read in one evening, and the harbour master came, too, with his wife.</p></div>"
    assert "Author: Alys Example" in clean(Draft(format="html", page_html=html)).text


STORY = "".join(f"<p>{PAGES[0][1]}{place}{PAGES[0][1]}</p>" for place in range(3))


def read(head: str, body: str) -> Article:
    return clean(Draft(format="html", page_html=f"<html lang='zh'><head>{head}</head><body>{body}</body></html>"))


@pytest.mark.parametrize(
    "title",
    [
        "港口明年春天开始扩建_要闻_海湾新闻网",
        "港口明年春天开始扩建 - 海湾新闻网",
        "港口明年春天开始扩建-要闻|海湾新闻网",
        "港口明年春天开始扩建--海湾新闻网",
    ],
)
@pytest.mark.parametrize("shown", ["<div class='t1'>港口明年春天开始扩建</div>", "<td><font size=5>港口明年春天开始扩建</font></td>"])
def test_a_title_that_no_heading_shows_is_found_among_the_texts(title: str, shown: str) -> None:
    article = read(
        f"<title>{title}</title>", f"<table><tr>{shown}</tr></table><div>2019-09-05 11:10 来源：海湾日报</div><div>{STORY}</div>"
    )
    assert article.headline == "港口明年春天开始扩建"
    assert (article.site, article.credited_source, article.published_local) == ("海湾新闻网", "海湾日报", "2019-09-05T11:10:00")


def test_the_fields_of_government_sites_are_read() -> None:
    fields = {
        "SiteName": "海湾市人民政府",
        "ColumnName": "海湾要闻",
        "ArticleTitle": "港口明年春天开始扩建",
        "PubDate": "2019-09-05 11:10",
        "ContentSource": "海湾日报",
    }
    article = read(
        "".join(f"<meta name='{name}' content='{value}'>" for name, value in fields.items()),
        f"<h2>港口明年春天开始扩建</h2><p>来源： 海湾日报</p><div>{STORY}</div>",
    )
    assert (article.headline, article.site, article.section) == ("港口明年春天开始扩建", "海湾市人民政府", "海湾要闻")
    assert (article.published_local, article.credited_source) == ("2019-09-05T11:10:00", "海湾日报")


def test_what_a_script_holds_is_no_shown_date() -> None:
    script = "<script>\nvar loaded = {\n'at':\n'2019-12-29 22:31:02'\n};</script>"
    assert read("", f"<h1>港口明年春天开始扩建</h1><div>{STORY}</div>{script}").published is None


def test_a_year_of_two_digits_stands_first_in_chinese() -> None:
    assert (
        read("", f"<h1>港口明年春天开始扩建</h1><p class='date'>发布时间：18-03-08</p><div>{STORY}</div>").published_local == "2018-03-08"
    )


def test_a_label_without_a_value_names_nobody() -> None:
    article = read("", f"<h1>港口明年春天开始扩建</h1><div>{STORY}</div><div>时间：2019-09-05 作者：</div><div>转载请注明：</div>")
    assert article.authors == ()


def test_the_house_below_the_headline_is_the_source() -> None:
    article = read("", f"<h1>港口明年春天开始扩建</h1><p>新华社</p><p>2019-09-05 11:10</p><div>{STORY}</div>")
    assert article.credited_source == "Xinhua"


def test_a_name_alone_above_a_stamp_is_a_byline() -> None:
    _, sentence, *_ = PAGES[10]
    text = "".join(f"<p>{sentence} ({place}) {sentence}</p>" for place in range(3))
    html = f"<html lang='cs'><h1>{sentence[:20]}</h1><div><p>Jana Nováková</p><p>Vydáno 1. 5. 2023 10:30</p>{text}</div></html>"
    article = clean(Draft(format="html", page_html=html))
    assert [one.name for one in article.authors] == ["Jana Nováková"]
    assert article.text.startswith(sentence)
