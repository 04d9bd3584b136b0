"""What a draft is: first by the publisher's ids and order, then by whose words it has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.dedupe.compare import overlap, replaced_details
from pipeline.dedupe.decide import Held, HeldVersion, Incoming, Neighbour, decide
from schemas.article import Article, Draft, Usability
from schemas.verdict import ItemStatus, Verdict, VerdictKind, VersionKind

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
STORY = (
    "The harbour commission of Port Ellery voted on Monday to deepen the main channel by two metres, ending a dispute of nine years between "
    "shipping lines and the fishing fleet. Seven of the eleven members were in favour, the chairwoman, Ilse Varga, told reporters after the "
    "meeting. Dredging is to begin in October and to last for fourteen months.\n\n"
    "The fleet's union had asked for a study of the eel grass beds north of the breakwater, where half of its catch is spawned. The commission "
    "promised one, but will not wait for its result. The union's secretary called the vote a mistake that the town would pay for twice."
)
MARKET = (
    "The central bank of Lindmark bought bills worth 120 million crowns in the open market on Monday, it said in a statement. Dealers had put the "
    "shortage of the day at 135 million crowns. The overnight rate stood at 4.25 percent at the time of the operation, and the crown traded at "
    "7.31 to the dollar. Bills that fell due took 86 million crowns out of the market."
)
NEXT_MARKET = (
    MARKET.replace("120", "95")
    .replace("Monday", "Tuesday")
    .replace("135", "101")
    .replace("4.25", "4.5")
    .replace("7.31", "7.40")
    .replace("86", "12")
)


def incoming(text: str = STORY, **changes: object) -> Incoming:
    draft = {"format": "text"} | {k: changes.pop(k) for k in ("version", "version_at", "usability") if k in changes}
    article = {"headline": "Port to be dredged", "paragraphs": (text,), "text": text} | {
        k: changes.pop(k) for k in ("correction", "writethru", "published") if k in changes
    }
    values: dict[str, object] = {
        "provider": "outlet",
        "draft": Draft(**draft),  # type: ignore[arg-type]
        "article": Article(**article),  # type: ignore[arg-type]
        "keys": (("guid", "urn:7"),),
        "matched_by": None,
        "text_hash": str(hash(text)),
        "fetched_at": NOON,
    }
    return Incoming(**(values | changes))  # type: ignore[arg-type]


def held(text: str = STORY, *, item: int = 12, status: ItemStatus = ItemStatus.USABLE, **changes: object) -> Held:
    version: dict[str, object] = {
        "version": 40, "text_hash": str(hash(text)), "headline": "Port to be dredged", "text": text, "publisher_version": "",
        "version_at": None, "fetched_at": NOON - timedelta(hours=1),
    }  # fmt: skip
    return Held(item=item, status=status, current=HeldVersion(**(version | changes)))  # type: ignore[arg-type]


def neighbour(
    text: str = STORY,
    *,
    item: int = 12,
    provider: str = "agency",
    at: datetime = NOON - timedelta(hours=1),
    story: int = 3,
    version: int = 40,
) -> Neighbour:
    return Neighbour(item=item, version=version, provider=provider, headline="Port to be dredged", text=text, at=at, story=story)


def judge(one: Incoming, known: Held | None = None, *others: Neighbour, is_killed: bool = False) -> Verdict:
    if known is not None and one.matched_by is None:
        one = Incoming(**{f: getattr(one, f) for f in one.__struct_fields__} | {"matched_by": ("guid", "urn:7")})
    return decide(one, known, others, is_killed=is_killed)


CHANGED = STORY.replace("fourteen months", "fifteen months")


def test_the_current_text_again_is_unchanged_also_with_a_greater_version() -> None:
    verdict = judge(incoming(version="3"), held(publisher_version="2"))
    assert verdict.kind is VerdictKind.UNCHANGED
    assert verdict.evidence.sentences[0] == "its id urn:7 is known: item 12"


@pytest.mark.parametrize(
    ("marks", "kind", "said"),
    [
        ({}, VersionKind.UPDATE, "shares"),
        ({"correction": "months of dredging"}, VersionKind.CORRECTION, "it is marked as a correction: months of dredging"),
        ({"correction": ""}, VersionKind.CORRECTION, "it is marked as a correction"),
        ({"writethru": True}, VersionKind.WRITETHRU, "it is marked as a writethru"),
    ],
)
def test_another_text_is_a_version_of_the_kind_it_is_marked_as(marks: dict[str, object], kind: VersionKind, said: str) -> None:
    verdict = judge(incoming(CHANGED, **marks), held())
    assert (verdict.kind, verdict.version_kind) == (VerdictKind.VERSION, kind)
    assert verdict.evidence.sentences[-1].startswith(said)
    assert verdict.evidence.against_version == 40
    assert verdict.evidence.overlap == overlap(CHANGED, STORY)


@pytest.mark.parametrize(
    ("mine", "theirs", "kind"),
    [
        ({"version": "1"}, {"publisher_version": "2"}, VerdictKind.HISTORY),
        ({"version": "10"}, {"publisher_version": "9"}, VerdictKind.VERSION),
        ({"version": "0"}, {"publisher_version": "1"}, VerdictKind.HISTORY),
        ({"version": "1", "version_at": NOON}, {"publisher_version": "2", "version_at": NOON - timedelta(hours=1)}, VerdictKind.HISTORY),
        # an opaque number does not count: the publisher's time tells
        (
            {"version": "81733094", "version_at": NOON},
            {"publisher_version": "99120557", "version_at": NOON - timedelta(hours=1)},
            VerdictKind.VERSION,
        ),
        ({"version": "a", "version_at": NOON - timedelta(hours=2)}, {"publisher_version": "b", "version_at": NOON}, VerdictKind.HISTORY),
        ({"version": "2", "version_at": NOON - timedelta(hours=2)}, {"publisher_version": "2", "version_at": NOON}, VerdictKind.HISTORY),
        ({"fetched_at": NOON - timedelta(hours=2)}, {}, VerdictKind.HISTORY),
        ({"fetched_at": NOON - timedelta(hours=1)}, {}, VerdictKind.VERSION),
        ({"version_at": NOON - timedelta(days=9)}, {}, VerdictKind.VERSION),
        ({"version": "9" * 5_000}, {"publisher_version": "1"}, VerdictKind.VERSION),
    ],
)
def test_older_than_the_current_one_is_history_by_the_publishers_order(
    mine: dict[str, object], theirs: dict[str, object], kind: VerdictKind
) -> None:
    assert judge(incoming(CHANGED, **mine), held(**theirs)).kind is kind  # type: ignore[arg-type]


def test_a_text_that_comes_back_is_a_new_version() -> None:
    """A → B → A: only the current version makes it unchanged."""
    assert judge(incoming(STORY), held(CHANGED)).kind is VerdictKind.VERSION


def test_an_item_without_a_version_gets_its_first() -> None:
    verdict = judge(incoming(), Held(item=12, status=ItemStatus.KILLED, current=None), is_killed=True)
    assert (verdict.kind, verdict.version_kind) == (VerdictKind.VERSION, VersionKind.FIRST)
    assert any("killed" in sentence for sentence in verdict.evidence.sentences)


def test_a_kill_needs_no_text_and_no_item() -> None:
    assert judge(incoming(usability=Usability.CANCELED), held()).kind is VerdictKind.KILL
    unknown = judge(incoming(usability=Usability.CANCELED, article=None))
    assert unknown.kind is VerdictKind.KILL
    assert unknown.evidence.sentences == ("the publisher calls off an item that has not come yet: it will arrive killed",)


def test_text_never_decides_a_kill() -> None:
    verdict = judge(incoming(), None, neighbour(), is_killed=False)
    assert verdict.kind is VerdictKind.PICKUP
    killed = judge(incoming(), None, neighbour(), is_killed=True)
    assert killed.kind is VerdictKind.PICKUP
    assert "one of its ids was killed before it came: it arrives killed" in killed.evidence.sentences


def test_an_id_outranks_the_text() -> None:
    assert (
        judge(incoming("Something else altogether.", text_hash="x"), held(), neighbour("Something else altogether.")).kind
        is VerdictKind.VERSION
    )


def test_a_cut_copy_is_a_pickup_with_the_share_it_carries() -> None:
    cut = "PORT ELLERY — " + STORY.partition("\n\n")[0]
    verdict = judge(incoming(cut), None, neighbour())
    assert (verdict.kind, verdict.version_kind, verdict.pickup_of) == (VerdictKind.PICKUP, VersionKind.FIRST, 12)
    shares = verdict.evidence.overlap
    assert shares is not None
    assert shares.of_new > 0.9
    assert 0.4 < shares.of_other < 0.7
    assert verdict.evidence.sentences[1:] == (
        f"shares {round(shares.of_new * 100)} % of its text with item 12, which is {round(shares.of_other * 100)} % of that one",
        "item 12 is by agency",
    )


def test_a_copy_with_a_lead_of_its_own_is_a_pickup_also_days_later() -> None:
    local = "Fishermen in Saltby will watch the work with worry, since their nets lie west of the channel, 14 miles from town.\n\n" + STORY
    assert judge(incoming(local, fetched_at=NOON + timedelta(days=3)), None, neighbour()).kind is VerdictKind.PICKUP


def test_an_alert_or_a_quotation_is_nobodys_copy() -> None:
    alert = "Port Ellery harbour commission votes to deepen the main channel by two metres."
    assert judge(incoming(alert), None, neighbour(alert, provider="agency")).kind is VerdictKind.NEW
    quoting = "The mayor of Saltby spoke at length about her plans for the market square, the library and the bus lines. " * 3
    quoting += "She said of the neighbours: Dredging is to begin in October and to last for fourteen months."
    assert judge(incoming(quoting), None, neighbour()).kind is VerdictKind.NEW


def test_a_report_that_comes_every_day_is_another_story() -> None:
    assert overlap(NEXT_MARKET, MARKET).of_new > 0.2
    replaced, kept = replaced_details(NEXT_MARKET, MARKET)
    assert replaced >= 5
    assert kept > 0
    later = judge(incoming(NEXT_MARKET, fetched_at=NOON + timedelta(hours=23)), None, neighbour(MARKET, at=NOON))
    assert later.kind is VerdictKind.NEW


def test_one_changed_figure_makes_another_story_only_after_sixteen_hours_and_without_a_correction_mark() -> None:
    revised = MARKET.replace("7.31", "7.40")
    original = neighbour(MARKET, at=NOON)
    assert judge(incoming(revised, fetched_at=NOON + timedelta(hours=15)), None, original).kind is VerdictKind.PICKUP
    assert judge(incoming(revised, fetched_at=NOON + timedelta(hours=16)), None, original).kind is VerdictKind.NEW
    assert judge(incoming(revised, fetched_at=NOON + timedelta(hours=16), correction=""), None, original).kind is VerdictKind.PICKUP
    assert judge(incoming(MARKET, fetched_at=NOON + timedelta(hours=16)), None, original).kind is VerdictKind.PICKUP
    assert (
        judge(incoming(revised, published=NOON + timedelta(hours=1), fetched_at=NOON + timedelta(days=9)), None, original).kind
        is VerdictKind.PICKUP
    )


def test_house_style_changes_no_details() -> None:
    text = "The U.S. Navy’s Admiral Jane O’Hara said that 14 ships of the U.S. fleet would sail from Norfolk for the Gulf on Monday."
    styled = text.replace("U.S.", "US").replace("’", "'")
    assert replaced_details(styled, text)[0] == 0


def test_the_original_is_the_first_of_the_story_not_the_likest_copy() -> None:
    cut = STORY.partition("\n\n")[0]
    agency, outlet = neighbour(item=12), neighbour(cut, item=15, provider="other-outlet", version=44)
    verdict = judge(incoming(cut), None, outlet, agency)
    assert (verdict.kind, verdict.pickup_of, verdict.evidence.against_version) == (VerdictKind.PICKUP, 12, 40)


def test_of_an_items_versions_the_likest_is_compared() -> None:
    first, second = neighbour(STORY.partition("\n\n")[0]), neighbour(STORY, version=41)
    assert judge(incoming(), None, first, second).evidence.against_version == 41


def test_of_two_stories_the_likest_is_taken() -> None:
    digest = neighbour(STORY + " " + MARKET, item=9, provider="digest", story=2)
    assert judge(incoming(), None, digest, neighbour()).pickup_of == 12


def test_the_same_provider_under_another_id_is_new_and_says_what_it_resembles() -> None:
    verdict = judge(incoming(CHANGED, provider="agency", writethru=True), None, neighbour())
    assert (verdict.kind, verdict.pickup_of) == (VerdictKind.NEW, None)
    assert verdict.evidence.sentences[-1] == "item 12 is by the same provider, under another id"
    assert verdict.evidence.against_version == 40


def test_a_provider_never_picks_up_its_own_words_from_an_outlet() -> None:
    verdict = judge(incoming(CHANGED, provider="agency"), None, neighbour(), neighbour(CHANGED, item=15, provider="outlet"))
    assert verdict.kind is VerdictKind.NEW


def test_what_nobody_has_is_new() -> None:
    verdict = judge(incoming(), None, neighbour(MARKET))
    assert (verdict.kind, verdict.evidence.sentences, verdict.evidence.overlap) == (VerdictKind.NEW, ("none of its ids was known",), None)
    assert judge(incoming(keys=())).evidence.sentences == ("it bears no id",)


def test_chinese_texts_are_compared_too() -> None:
    text = (
        "港口委员会周一投票决定将主航道加深两米，结束了航运公司与渔船队之间长达九年的争端。委员会主"
        "席在会后对记者表示，十一名成员中有七人赞成。疏浚工程将于十月开始，为期十四个月。"
    )
    assert judge(incoming(text + "编辑：李明"), None, neighbour(text)).kind is VerdictKind.PICKUP
