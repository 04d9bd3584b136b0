"""Captions are known by their credits."""

from __future__ import annotations

import pytest

from pipeline.text.captions import caption_of, merged, of_caption
from schemas.article import Picture


def test_a_name_and_an_agency_behind_a_captions_last_sentence_are_its_credit() -> None:
    for credit in ("Ama Mensah/AFP", "Will Drake / Reuters", "Ama J. Mensah/AP Photo"):
        picture = of_caption(f"A dredger lies at the quay. {credit}")
        assert (picture.caption, picture.credit_raw) == ("A dredger lies at the quay.", credit)
        assert caption_of(f"A dredger lies at the quay. {credit}") is None  # of a paragraph it may be the writer's signature
    assert of_caption("A dredger lies at the quay. Ama Mensah/Will Drake").credit_raw == ""


@pytest.mark.parametrize(
    ("text", "caption", "credit", "kind", "sources"),
    [
        ("Leaders met. File Photo by ABC/UPI", "Leaders met.", "File Photo by ABC/UPI", "File Photo", ("ABC", "UPI")),
        ("图为启动仪式。（李明摄）", "图为启动仪式。", "李明摄", "摄", ("李明",)),
        ("Leaders met. Photo courtesy of U.S. Navy", "Leaders met.", "Photo courtesy of U.S. Navy", "Photo", ("U.S. Navy",)),
        ("Leaders met. UPI File Photo", "Leaders met.", "UPI File Photo", "File Photo", ("UPI",)),
        ("A ship. (AP Photo/Ama Mensah, File)", "A ship.", "AP Photo/Ama Mensah, File", "File Photo", ("AP", "Ama Mensah")),
        (
            "A ship. (Photo by Ama J. Mensah for The Post via Getty Images)",
            "A ship.",
            "Photo by Ama J. Mensah for The Post via Getty Images",
            "Photo",
            ("Ama J. Mensah", "The Post", "Getty Images"),
        ),
        (
            "A ship leaves. REUTERS/Ama Mensah/File Photo",
            "A ship leaves.",
            "REUTERS/Ama Mensah/File Photo",
            "File Photo",
            ("REUTERS", "Ama Mensah"),
        ),
        ("Ein Schiff. Foto: Max Muster/dpa", "Ein Schiff.", "Foto: Max Muster/dpa", "Foto", ("Max Muster", "dpa")),
        ("修復後的大鐘。（攝影：陳志明）", "修復後的大鐘。", "攝影：陳志明", "攝影", ("陳志明",)),
        ("湖边的老邮局。新华社记者 王立 摄", "湖边的老邮局。", "新华社记者 王立 摄", "摄", ("新华社记者 王立",)),
        ("A ship sails. (Xinhua/Li Ming)", "A ship sails.", "Xinhua/Li Ming", None, ("Xinhua", "Li Ming")),
    ],
)
def test_a_credit_is_taken_apart(text: str, caption: str, credit: str, kind: str | None, sources: tuple[str, ...]) -> None:
    picture = caption_of(text)
    assert picture is not None
    assert (picture.caption, picture.credit_raw, picture.credit_type, picture.credit_sources) == (caption, credit, kind, sources)


def test_the_words_of_a_licence_link_are_no_credit() -> None:
    picture = caption_of("Leaders met. Photo by Ama Mensah/UPI | License Photo")
    assert picture is not None
    assert (picture.credit_raw, picture.license_text) == ("Photo by Ama Mensah/UPI", "License Photo")


@pytest.mark.parametrize(
    "text",
    [
        "He took a Photo by the sea and left.",
        "They sold the file photo for $5 and the video from the bank.",
        "Police released video from the scene.",
        "He said the deal was agreed by the EU/U.S. group.",
        "The image was taken by AP.",
    ],
)
def test_a_sentence_about_a_picture_is_no_caption(text: str) -> None:
    assert caption_of(text) is None


def test_a_caption_that_comes_twice_is_one_picture_with_all_that_either_says() -> None:
    once = Picture(caption="Leaders met.", credit_raw="Photo by A/UPI", credit_sources=("A", "UPI"))
    again = Picture(caption="Leaders met.", credit_raw="Photo by A/UPI", credit_sources=("A", "UPI"), license_text="License Photo")
    bare = Picture(caption="Leaders  met", url="https://example.org/1.jpg")
    [picture] = merged([once, again, bare])
    assert (picture.credit_raw, picture.license_text, picture.url) == ("Photo by A/UPI", "License Photo", "https://example.org/1.jpg")
