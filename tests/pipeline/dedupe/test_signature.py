"""What does not change a signature, and how it finds copies."""

from __future__ import annotations

import re
import string

from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedupe.signature import FEWEST, MOST, shingles, signature, words

WORDS = st.lists(st.text(string.ascii_letters + string.digits + "éüñЖдçøひ漢ไ", min_size=1, max_size=9), max_size=60)
CHINESE = (
    "港口委员会周一投票决定将主航道加深两米，结束了航运公司与渔船队之间长达九年的争端。委员会主席在会后对记者表示，十一名成员中有七人赞成。"
)


@given(WORDS, st.lists(st.sampled_from([" ", "\n", "\n\n", "\t", "\u00a0", "  "]), min_size=60, max_size=60))
def test_white_space_does_not_change_it(parts: list[str], blanks: list[str]) -> None:
    spaced = "".join(part + blank for part, blank in zip(parts, blanks, strict=False))
    assert signature(spaced) == signature(" ".join(parts))


@given(WORDS)
def test_case_does_not_change_it(parts: list[str]) -> None:
    text = " ".join(parts)
    assert signature(text) == signature(text.upper()) == signature(text.lower())


@given(WORDS, st.lists(st.sampled_from([", ", ". ", " — ", "; ", "” ", " (", "! ", " _ ", " · "]), min_size=60, max_size=60))
def test_punctuation_does_not_change_it(parts: list[str], signs: list[str]) -> None:
    marked = "".join(part + sign for part, sign in zip(parts, signs, strict=False))
    assert signature(marked) == signature(" ".join(parts))


@given(st.text())
def test_it_is_sorted_unique_bounded_and_fits_32_bits(text: str) -> None:
    found = signature(text)
    assert list(found) == sorted(set(found))
    assert len(found) <= MOST
    assert all(-(2**31) <= value < 2**31 for value in found)
    assert bool(found) == bool(words(text))


def test_accents_and_invisible_signs_do_not_count() -> None:
    assert words("Café So\u00adfia\u200b naïve") == ["cafe", "sofia", "naive"]


def test_its_size_grows_with_the_text_within_bounds() -> None:
    sizes = [len(signature(" ".join(f"w{n}" for n in range(count)))) for count in (0, 1, 4, 5, 20, 200, 2_000)]
    assert sizes == [0, 1, 1, 1, 16, 24, MOST]
    assert FEWEST == 16


def test_a_cut_copy_shares_hashes_with_the_whole() -> None:
    whole = " ".join(f"word{n * n % 977}" for n in range(600))
    for share in (0.5, 0.7, 0.9):
        cut = " ".join(whole.split()[: int(600 * share)])
        assert len(set(signature(whole)) & set(signature(cut))) >= 2


def test_scripts_without_spaces_are_shingled_by_characters() -> None:
    assert len(shingles(CHINESE)) > 40
    cut = CHINESE[: len(CHINESE) * 2 // 3]
    assert len(set(signature(CHINESE)) & set(signature(cut))) >= 2
    assert signature(CHINESE) == signature(re.sub("([，。])", r"\1\n", CHINESE))


def test_a_huge_text_is_bounded() -> None:
    assert len(shingles("a b c d e f g h i j " * 100_000)) == 10
    assert len(shingles(" ".join(map(str, range(300_000))))) < 20_001
