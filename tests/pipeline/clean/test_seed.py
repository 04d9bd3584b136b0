"""The story that the project started from becomes exactly what is expected of it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.golden_samples import read_one, seen


def test_the_seed_is_exact(shared: Path) -> None:
    wanted = json.loads((shared / "samples" / "seed" / "expected.json").read_text(encoding="utf-8"))
    draft, article = read_one(shared / "samples" / "seed" / "upi.txt")
    found = seen(draft, article)
    assert list(article.paragraphs) == wanted["body_paragraphs"]
    assert article.text == "\n\n".join(wanted["body_paragraphs"])
    for key in ("headline", "byline", "language", "word_count", "paragraph_count"):
        assert found[key] == wanted[key]
    dateline = found["dateline"]
    for key in ("raw", "place_raw", "city", "country_code", "country_given", "month", "day", "year_given", "agency", "separator"):
        assert dateline[key] == wanted["dateline"][key]
    [photo] = found["photos"]
    for key in ("caption", "credit_raw", "credit_type", "credit_sources", "license_link_text"):
        assert photo[key] == wanted["photo"][key]
    links = [(link["text"], link["after_paragraph"]) for link in found["related_links"]]
    assert links == [(link["text"], link["after_paragraph"]) for link in wanted["related_links"]]
    assert [words for words in wanted["must_not_be_in_body"] if words in article.text] == []
    assert [words for words in wanted["must_stay_verbatim"] if words not in article.text] == []
