"""What stands around and between paragraphs, and sentences that begin alike."""

from __future__ import annotations

import pytest

from pipeline.text import furniture


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("RELATED Ministers meet in Oslo", "Ministers meet in Oslo"),
        ("RELATED: Ministers meet in Oslo", "Ministers meet in Oslo"),
        ("READ MORE Ministers meet in Oslo", "Ministers meet in Oslo"),
        ("Read more: Ministers meet in Oslo", "Ministers meet in Oslo"),
        ("À lire aussi : Les ministres à Oslo", "Les ministres à Oslo"),
        ("Lesen Sie auch: Minister in Oslo", "Minister in Oslo"),
        ("Читайте также: Министры в Осло", "Министры в Осло"),
        ("اقرأ أيضا: وزراء في أوسلو", "وزراء في أوسلو"),
        ("Čtěte také: Ministři v Oslu", "Ministři v Oslu"),
        ("Lue myös: Ministerit Oslossa", "Ministerit Oslossa"),
        ("Xem thêm: Các bộ trưởng ở Oslo", "Các bộ trưởng ở Oslo"),
        ("Διαβάστε επίσης: Υπουργοί στο Όσλο", "Υπουργοί στο Όσλο"),
        ("यह भी पढ़ें: ओस्लो में मंत्री", "ओस्लो में मंत्री"),
        ("Olvassa el ezt is: Miniszterek Oslóban", "Miniszterek Oslóban"),
    ],
)
def test_a_related_link_is_known_by_its_mark(line: str, text: str) -> None:
    assert furniture.related_of(line) == text


@pytest.mark.parametrize(
    "line",
    ["Related costs rose by 5 percent.", "More people came than before.", "Read the law, he said.", "Watch the birds and they watch you."],
)
def test_a_sentence_is_no_related_link(line: str) -> None:
    assert furniture.related_of(line) is None


@pytest.mark.parametrize(
    "line",
    [
        "Latest Headlines",
        "FOLLOW US",
        "Most read",
        "You may also like",
        "Meistgelesen",
        "Lo más leído",
        "More from World",
        "相关阅读",
        "您可能感兴趣的文章",
        "Kapcsolódó cikkek",
        "İlgili Haberler",
        "Най-четени",
        "MORE OPINION »",
    ],
)
def test_headings_of_a_pages_lists_are_known(line: str) -> None:
    assert furniture.is_tail_head(line)


@pytest.mark.parametrize(
    "line",
    [
        "Advertisement",
        "Story continues below",
        "Share",
        "5 min read",
        "Image source, Getty Images",
        "Read more at example.org",
        "Do you have a story? Email desk@example.org.",
        "Tags: harbours, dredging",
        "Paid post",
        "This article is sponsored by Larkfield Instruments.",
        "Sign up for our daily newsletter",
        "* * *",
        "___",
        "Warning: Use of undefined constant HARBOUR - assumed 'HARBOUR' in /srv/www/themes/functions.php on line 45",
    ],
)
def test_labels_between_paragraphs_are_known(line: str) -> None:
    assert furniture.is_inline(line)


@pytest.mark.parametrize(
    "line",
    [
        "(Reporting by Ama Mensah; Editing by Will Drake)",
        "Associated Press writer Nina Soto contributed to this report.",
        "Copyright 2024 The Example Press. All rights reserved.",
        "ab/de/dl/hmw",
        "dpa xx yyno n1 ah",
        "This report by The Canadian Press was first published Nov. 4, 2024.",
        "SOURCE Larkfield Instruments, Inc.",
        "PTI MI SRK",
        "press@example.org",
        "--Editors: Ama Mensah, Will Drake",
        "With AP and Reuters",
        "Mit Material von dpa und AFP",
        "(Avec AFP)",
        "Con información de AFP y EFE.",
        "(Com informações da AFP)",
        "Avec les agences",
        "© RIPRODUZIONE RISERVATA",
        "(Автор Иван Лыков. Редактор Анна Седова)",
        "<저작권자(c) 연합뉴스, 무단 전재-재배포 금지>",
        "责任编辑：王立",
        "[责任编辑：王立]",
        "記事の無断転載を禁じます。",
        "(This story has not been edited by our staff and is published from a syndicated feed.)",
        "Reuters Staff",
    ],
)
def test_credits_below_the_last_paragraph_are_tails(line: str) -> None:
    assert furniture.is_tail(line)


@pytest.mark.parametrize(
    "line",
    [
        "Reporting was hard in those days, she said.",
        "The copyright of the song has ended.",
        "He said: no.",
        "Both were there.",
        "With Reuters watching, the minister left the room.",
        "Con información de primera mano, la jueza decidió.",
        "Avec les agences de voyages, le ministre a négocié.",
        "Редактор газеты уволился",
        "The minister said this story has not been edited by anyone.",
        "Trend",
    ],
)
def test_sentences_are_no_tails(line: str) -> None:
    assert not furniture.is_tail(line)


@pytest.mark.parametrize(
    "line",
    [
        "扫描仪市场增长迅速",
        "市长说，居民可以下载客户端。",
        "Questions? He had none.",
        "Read more at home, she said.",
        "Tags: none of the whales had any.",
        "The race was sponsored by a bank.",
    ],
)
def test_a_sentence_is_no_label(line: str) -> None:
    assert not furniture.is_inline(line)


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        ("Contact Ama Mensah at ama@example.org or 555-0101.", True),
        ("Ama Mensah covers ports. She can be reached at ama@example.org.", True),
        ("Ama Mensah is a reporter in Ellery. Follow her on Example @ama.", True),
        ("The island can be reached at low tide.", False),
        ("He can be reached at home, his wife said.", False),
    ],
)
def test_where_the_writer_can_be_reached_is_known(line: str, is_one: bool) -> None:
    assert furniture.is_reached(line) is is_one


@pytest.mark.parametrize(
    ("paragraph", "story", "tail"),
    [
        ("He left. (Reporting by A B)", "He left.", "(Reporting by A B)"),
        ("Se fue. EFE", "Se fue.", "EFE"),
        ("È partito. (ANSA).", "È partito.", "(ANSA)."),
        ("He left. PTI MI SRK", "He left.", "PTI MI SRK"),
        ("He works for the news agency (AFP).", "He works for the news agency (AFP).", None),
        ("He lives in the U.S.", "He lives in the U.S.", None),
    ],
)
def test_a_credit_behind_the_last_sentence_is_split_off(paragraph: str, story: str, tail: str | None) -> None:
    assert furniture.split_tail(paragraph) == (story, tail)


def test_an_agencys_notepad_is_known() -> None:
    assert furniture.is_notepad("# Notizblock")
    assert furniture.is_notepad("Die folgenden Informationen sind nicht zur Veröffentlichung bestimmt")
    assert not furniture.is_notepad("Er hatte einen Block für Notizen in der Hand.")


@pytest.mark.parametrize(
    "line",
    [
        "微信扫一扫 一键转发",
        "最新资讯 请关注“海湾”微信公众号",
        "字号: [大] [中] [小] [打印]",
        "返回海湾网首页>>",
        "分享到：微信 微博",
        "#27",
        "Questions? Comments? Email us at news@example.org",
    ],
)
def test_what_a_pages_frame_says_is_no_paragraph(line: str) -> None:
    assert furniture.is_inline(line)


def test_a_way_back_behind_the_last_sentence_is_split_off() -> None:
    assert furniture.split_tail("港口将于明年开放。返回海湾网首页>>") == ("港口将于明年开放。", "返回海湾网首页>>")
