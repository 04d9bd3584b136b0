"""Train the model of blocks on the tuning half of the labelled pages, judge it by cross-validation over domains, and write its table.

    python -m benchmarks.clean.train ../shared/samples/pages            scores by cross-validation
    python -m benchmarks.clean.train ../shared/samples/pages --write    also pipeline/clean/data/blocks.json, trained on all of it
    python -m benchmarks.clean.train ../shared/samples/pages --leave-one-out    what each group of columns and each rule is worth

A block is the story's as far as its 4-token shingles are the true text's. Of pages with snippets only the blocks count that hold one. Pages
whose truth is not what stands there (cut off by a paywall, one entry of a live blog) are left out: less than half of the true text is in
the page, or less than half of the page's main run of paragraphs is in the truth.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightgbm
import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.clean.data import SETS, Truth, load
from benchmarks.clean.metrics import Counts, mean_f1, shingles, snippet_counts, summed_f1, text_counts
from pipeline.clean import choose, features, hidden, tidying, tree
from pipeline.clean.blocks import Role
from pipeline.errors import Unreadable
from pipeline.text import charset

TABLE = Path(__file__).parents[2] / "pipeline" / "clean" / "data" / "blocks.json"
RULES = Path(__file__).parents[1] / "results" / "clean_rules.json"
CUT = 0.45
FOLDS = 5
TREES = 140
_SETTINGS = {
    "objective": "binary", "num_leaves": 16, "learning_rate": 0.1, "min_data_in_leaf": 40, "feature_fraction": 0.2, "bagging_fraction": 0.8,
    "bagging_freq": 1, "lambda_l2": 5, "verbose": -1, "seed": 1, "num_threads": 1, "deterministic": True, "boost_from_average": False,
}  # fmt: skip
_TOKEN = re.compile(r"\w+")
GROUPS = {
    "what an element is called": "in_related in_frame in_meta in_author in_media in_body in_sure bad",
    "how much of the page stands among its like": "like_parent like_label",
    "the share of prose around it": "share1 share2 share3 container_share",
    "links around it": "link_density1 link_density2 link_share prev_links",
    "its neighbours": "prev_size next_size next_prose around",
    "its own form": "size prose role tag ends stops words odd_signs",
    "where it stands": "before after to_last after_h1 since_furniture blocks1 blocks2",
    "how far from the story's first paragraph": "depth up_first down_first max_up article in_article",
    "the hand-written rule": "hand",
    "texts that come twice": "repeated",
}
"""Columns that are left out together."""
SHORT_RULE = "hand-set rules on short pages"


class Row(msgspec.Struct, frozen=True):
    """One block of a labelled page."""

    text: str
    is_caption: bool
    is_sure: bool | None
    columns: tuple[float, ...]
    label: float
    weight: float


class Labelled(msgspec.Struct, frozen=True):
    truth: Truth
    boxes: list[tree.Box]
    judged: tuple[features.Measured, ...]
    rows: tuple[Row, ...]
    fold: int


def labelled(truth: Truth) -> Labelled:
    """The blocks of a page with what is true of them."""
    fold = int(hashlib.md5(truth.domain.encode()).hexdigest(), 16) % FOLDS
    try:
        parser = tree.parse(charset.decode(truth.body()))
        found = hidden.read_tree(parser.body) if parser.body else None
    except Unreadable:
        found = None
    if found is None:
        return Labelled(truth, [], (), (), fold)
    measured = features.measure(found)
    labels = _of_text(truth.text, measured) if truth.text else _of_snippets(truth, measured)
    parents = [found.boxes[one.raw.box].parent for one in measured]
    if truth.text and not _is_true(truth.text, measured, labels, parents):
        labels = [(label, 0.0) for label, _ in labels]
    return Labelled(
        truth,
        found.boxes,
        tuple(measured),
        tuple(
            Row(one.raw.text, one.raw.role is Role.CAPTION, one.is_sure, one.row, label, weight)
            for one, (label, weight) in zip(measured, labels, strict=True)
        ),
        fold,
    )


def _of_text(text: str, measured: Sequence[features.Measured]) -> list[tuple[float, float]]:
    true = set(shingles(text))
    lines = {" ".join(_TOKEN.findall(line)) for line in text.split("\n")}
    sizes = [len(_TOKEN.findall(one.raw.text)) for one in measured]
    prose = sum(size for size, one in zip(sizes, measured, strict=True) if one.raw.prose)
    base = max(len(_TOKEN.findall(text)), prose * 0.5, 100)
    found = []
    for one, size in zip(measured, sizes, strict=True):
        if size < 4:
            label = float(size > 0 and " ".join(_TOKEN.findall(one.raw.text)) in lines)
        else:
            own = shingles(one.raw.text)
            label = sum(count for shingle, count in own.items() if shingle in true) / own.total()
        found.append((label, min(size / base, 0.3) * 100 + 0.05 if size else 0.0))
    return found


def _of_snippets(truth: Truth, measured: Sequence[features.Measured]) -> list[tuple[float, float]]:
    must, must_not = ([" ".join(one.split()) for one in some] for some in (truth.must, truth.must_not))
    found = []
    for one in measured:
        right, wrong = (any(snippet in one.raw.text for snippet in some) for some in (must, must_not))
        found.append((float(right), 12.0 if right != wrong else 0.0))
    return found


def _is_true(text: str, measured: Sequence[features.Measured], labels: Sequence[tuple[float, float]], parents: Sequence[int]) -> bool:
    there = sum(label * len(_TOKEN.findall(one.raw.text)) for one, (label, _) in zip(measured, labels, strict=True))
    runs: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for one, (label, _), parent in zip(measured, labels, parents, strict=True):
        runs[parent][0] += one.raw.prose
        runs[parent][1] += one.raw.prose * label
    main = max(runs.values(), default=[0.0, 0.0])
    return there >= 0.5 * len(_TOKEN.findall(text)) and main[1] >= 0.5 * main[0]


def train(pages: Sequence[Labelled], columns: Sequence[int] | None = None) -> lightgbm.Booster:
    """A model of the blocks whose answer is not sure. A label of 0.7 counts as 0.7 of a yes and 0.3 of a no."""
    rows = [row for page in pages for row in page.rows if row.is_sure is None and row.weight and not row.is_caption]
    table = np.array([row.columns for row in rows], dtype=float)
    label, weight = np.array([row.label for row in rows]), np.array([row.weight for row in rows])
    table, label, weight = (
        np.vstack([table, table]),
        np.r_[np.ones(len(rows)), np.zeros(len(rows))],
        np.r_[weight * label, weight * (1 - label)],
    )
    known = weight > 0
    table = table[known] if columns is None else table[known][:, columns]
    return lightgbm.train(_SETTINGS, lightgbm.Dataset(table, label[known], weight=weight[known]), TREES)


def crossed(pages: Sequence[Labelled], columns: Sequence[int] | None = None) -> list[list[float]]:
    """The likelihood of each block, by a model that saw no page of its domain."""
    found: dict[int, list[float]] = {}
    for fold in range(FOLDS):
        booster = train([page for page in pages if page.fold != fold], columns)
        for place, page in enumerate(pages):
            if page.fold == fold:
                found[place] = _likelihoods(page, booster, columns)
    return [found[place] for place in range(len(pages))]


def _likelihoods(page: Labelled, booster: lightgbm.Booster, columns: Sequence[int] | None) -> list[float]:
    asked = [row.columns for row in page.rows if row.is_sure is None]
    table = np.array(asked, dtype=float).reshape(len(asked), len(features.NAMES))
    answers = iter(booster.predict(table if columns is None else table[:, columns]) if asked else [])
    return [float(next(answers)) if row.is_sure is None else float(row.is_sure) for row in page.rows]


def _judged(page: Labelled, likely: Sequence[float], cut: float, without: str) -> list[tidying.Judged]:
    is_short = bool(page.boxes) and page.boxes[0].prose < choose.SHORT and without != SHORT_RULE
    judged = [
        tidying.Judged(
            one.raw,
            (one.by_hand if is_short else value >= cut) and one.raw.role is not Role.CAPTION,
            float(one.by_hand) if is_short else value,
            "",
        )
        for one, value in zip(page.judged, likely, strict=True)
    ]
    tidying.tidy(judged, page.boxes, without=without)
    return judged


Scores = dict[str, float]


def scores(
    pages: Sequence[Labelled], likelihoods: Sequence[Sequence[float]], cut: float = CUT, without: str = ""
) -> tuple[Scores, list[Counts]]:
    """Text F1 by set, the wire's rules apart, and the counts of each page."""
    counts = []
    for page, likely in zip(pages, likelihoods, strict=True):
        judged = _judged(page, likely, cut, without)
        text = "\n".join(one.raw.text for one in judged if one.is_kept)
        counts.append(text_counts(text, page.truth.text) if page.truth.text else snippet_counts(text, page.truth))
    by_set = {name: [one for one, page in zip(counts, pages, strict=True) if page.truth.set == name] for name in SETS}
    return {name: summed_f1(some) if name == "snippets" else mean_f1(some) for name, some in by_set.items()}, counts


def fitted(pages: Sequence[Labelled], likelihoods: Sequence[Sequence[float]]) -> list[float]:
    """Weights of the confidence: least squares of each page's F1, by models that did not see it, on its doubts."""
    _, counts = scores(pages, likelihoods)
    rows, targets = [], []
    for page, likely, count in zip(pages, likelihoods, counts, strict=True):
        if page.boxes:
            judged = _judged(page, likely, CUT, "")
            rows.append(choose.doubts(judged, tree.Tree(boxes=page.boxes)))
            targets.append(count.f1)
    weights, *_ = np.linalg.lstsq(np.array(rows), np.array(targets), rcond=None)
    return [round(float(weight), 4) for weight in weights]


def leave_one_out(pages: Sequence[Labelled]) -> list[dict[str, Any]]:
    """What the scores lose without each group of columns and each rule, by cross-validation."""
    whole = crossed(pages)
    base, _ = scores(pages, whole)
    by_hand = [
        [float(row.is_sure) if row.is_sure is not None else row.columns[features.NAMES.index("hand")] for row in page.rows]
        for page in pages
    ]
    found = [{"without": "", **base}, {"without": "the model: hand-set rules alone", **scores(pages, by_hand)[0]}]
    found += [{"without": rule, **scores(pages, whole, without=rule)[0]} for rule in (SHORT_RULE, *tidying.TIDYING)]
    for name, left_out in GROUPS.items():
        columns = [at for at, column in enumerate(features.NAMES) if column not in left_out.split()]
        found.append({"without": name, **scores(pages, crossed(pages, columns))[0]})
    return found


def exported(booster: lightgbm.Booster) -> list[list[list[float]]]:
    """Each tree as a list of nodes: [column, threshold, left, right] or [value]."""

    def write(node: dict[str, Any], nodes: list[list[float]]) -> int:
        at = len(nodes)
        nodes.append([])
        if "leaf_value" in node:
            nodes[at] = [round(node["leaf_value"], 5)]
        else:
            left, right = write(node["left_child"], nodes), write(node["right_child"], nodes)
            nodes[at] = [node["split_feature"], float(f"{node['threshold']:.6g}"), left, right]
        return at

    trees = []
    for tree_ in booster.dump_model()["tree_info"]:
        nodes: list[list[float]] = []
        write(tree_["tree_structure"], nodes)
        trees.append(nodes)
    return trees


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clean.train", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--leave-one-out", action="store_true")
    options = parser.parse_args()
    pages = [labelled(truth) for truth in load(options.folder, "tuning")]
    console = Console()
    if options.leave_one_out:
        rows = leave_one_out(pages)
        table = Table("without", *SETS)
        for row in rows:
            table.add_row(row["without"], *(f"{row[name]:.4f} ({row[name] - rows[0][name]:+.4f})" for name in SETS))
        console.print(table)
        RULES.write_text(
            json.dumps(
                [{key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()} for row in rows], indent=1
            )
            + "\n",
            encoding="utf-8",
        )
        return
    likelihoods = crossed(pages)
    for cut in (0.35, 0.4, 0.45, 0.5, 0.55):
        console.print(cut, {name: round(value, 4) for name, value in scores(pages, likelihoods, cut)[0].items()})
    if options.write:
        TABLE.parent.mkdir(exist_ok=True)
        trees = exported(train(pages))
        lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in trees)
        TABLE.write_text(
            f'{{"columns":{json.dumps(features.NAMES)},\n"cut":{CUT},\n"confidence":{fitted(pages, likelihoods)},\n"trees":[\n{lines}\n]}}\n',
            encoding="utf-8",
        )


if __name__ == "__main__":
    main()
