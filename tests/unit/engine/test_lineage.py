"""Descent: losses and fallbacks pass on, remarks of a step do not, the highest class wins."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from citytwin.config import SourceConfig
from citytwin.engine.lineage import (
    Lineage,
    classification_of,
    credits_of,
    inputs_of,
    joined,
    of_lost_source,
    of_source,
)
from citytwin.engine.results import DecodedSource
from citytwin.model.layer import Classification
from citytwin.model.notes import Fact, Note, Severity, premise_of
from citytwin.model.text import text

WHEN = datetime(2026, 6, 1, tzinfo=UTC)


def note(severity: Severity, word: str) -> Note:
    """A remark."""
    return Note(severity=severity, ja=f"注記 {word}", en=word)


def source(name: str, classification: Classification = "public", **more: object) -> SourceConfig:
    """A source of the configuration."""
    said = {"use": "citygml", "path": "x", "licence": "CC0", "title": name.title()}
    return SourceConfig.model_validate(
        {"name": name, "classification": classification, **said, **more}
    )


def decoded(*notes: Note) -> DecodedSource:
    """What reading a source reported."""
    return DecodedSource(rows={}, digests={}, rejects=(), notes=notes, files={})


def fact(name: str) -> Fact:
    """A figure."""
    return Fact(name=name, label=text("値", "Value"), value=1.0, unit="m")


def test_all_but_remarks_of_a_step_pass_on() -> None:
    """A layer made from a fallback is a fallback; that the sun stood low says nothing of water."""
    parents = [
        Lineage(notes=(note("synthetic", "s"), note("info", "i"), note("loss", "l"))),
        Lineage(notes=(note("fallback", "f"), note("loss", "l"))),
    ]
    own = Lineage(notes=(note("info", "mine"), note("fallback", "f")))
    assert [n.en for n in joined(parents, own).notes] == ["s", "l", "f", "mine"]


def test_premises_pass_on_though_they_are_no_fault() -> None:
    """Which year was computed is said of the yield of roofs as well, once."""
    said = premise_of(note("info", "all of 2025"))
    first = joined([Lineage(notes=(said, note("info", "i")))], Lineage(notes=(note("info", "b"),)))
    assert [n.en for n in joined([first, Lineage(notes=(said,))], Lineage()).notes] == [said.en]


def test_figures_stay_with_the_step_that_made_them() -> None:
    """The volume error of a flood is not one of the roads below it."""
    parents = [Lineage(facts=(fact("volume_error"),))]
    assert joined(parents, Lineage()).facts == ()
    assert joined(parents, Lineage(facts=(fact("own"),))).facts == (fact("own"),)


def test_the_time_is_that_of_the_step_or_of_the_latest_input() -> None:
    """A simulated day counts, not the day of the city model."""
    older, newer = Lineage(valid_time=WHEN), Lineage(valid_time=WHEN + timedelta(days=3))
    assert joined([newer, older, Lineage()], Lineage()).valid_time == WHEN + timedelta(days=3)
    assert joined([newer], older).valid_time == WHEN
    assert joined([], Lineage()).valid_time is None


def test_sources_come_together() -> None:
    """Over any number of generations."""
    one, two = Lineage(frozenset(["a"])), Lineage(frozenset(["b", "c"]))
    child = joined([one, two], Lineage())
    assert joined([child], Lineage(frozenset(["d"]))).sources == {"a", "b", "c", "d"}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a"], "public"),
        (["a", "b"], "internal"),
        (["b", "c", "a"], "restricted"),
        (["d", "a"], "secret"),
        ([], "secret"),
    ],
)
def test_the_highest_class_of_all_sources(names: list[str], expected: Classification) -> None:
    """And secret for what comes from nowhere."""
    classes: list[Classification] = ["public", "internal", "restricted", "secret"]
    sources = {n: source(n, c) for n, c in zip("abcd", classes, strict=True)}
    assert classification_of(Lineage(frozenset(names)), sources) == expected


def test_a_synthetic_source_says_so_once() -> None:
    """The configuration's word replaces that of the file; other remarks stay."""
    found = of_source(
        source("a", synthetic=True), decoded(note("synthetic", "file"), note("loss", "l")), WHEN
    )
    assert [(n.severity, n.en) for n in found.notes] == [
        ("synthetic", "Synthetic data, not measured: A"),
        ("loss", "l"),
    ]
    assert found.sources == {"a"}
    assert found.valid_time == WHEN
    measured = of_source(source("a"), decoded(note("synthetic", "file")), WHEN)
    assert [n.en for n in measured.notes] == ["file"]


def test_a_lost_source_leaves_a_remark_in_both_languages() -> None:
    """It is no ancestor, and it passes on."""
    lost = of_lost_source(source("roads"))
    assert lost.sources == frozenset()
    (said,) = joined([lost], Lineage()).notes
    assert said.severity == "loss"
    assert "Roads" in said.en
    assert "Roads" in said.ja


@pytest.mark.parametrize("classification", ["internal", "restricted", "secret"])
def test_a_lost_source_that_is_not_public_is_not_named(classification: Classification) -> None:
    """What is made without it may be for anyone."""
    (said,) = of_lost_source(source("pumps", classification)).notes
    assert said.severity == "loss"
    assert said.en == "One of the sources could not be read and is missing here"
    assert "Pumps" not in said.ja


def test_credits_in_the_order_of_the_configuration() -> None:
    """Only ancestors are named; what a file calls synthetic is synthetic."""
    sources = [source("b"), source("a", synthetic=True), source("c")]
    read = {"a": decoded(), "b": decoded(note("synthetic", "file")), "c": decoded()}
    made = credits_of(Lineage(frozenset(["a", "b"])), sources, read)
    assert [(c.title.en, c.synthetic) for c in made] == [("B", True), ("A", True)]
    (only,) = credits_of(Lineage(frozenset(["c"])), sources, read)
    assert (only.title.en, only.synthetic, only.licence) == ("C", False, "CC0")


def test_credits_speak_both_languages() -> None:
    """A Japanese page names Japanese sources."""
    (made,) = credits_of(
        Lineage(frozenset(["a"])), [source("a", title={"ja": "雨", "en": "Rain"})], {"a": decoded()}
    )
    assert made.title == text("雨", "Rain")


def test_hashes_are_those_of_files() -> None:
    """Of one file its own; of several that of the list that ``sha256sum`` prints."""
    names = ["udx/a.gml", "udx/b.gml", "codelists/usage.xml"]
    digests = {name: hashlib.sha256(name.encode()).hexdigest() for name in names}
    one = decoded().model_copy(update={"files": {names[0]: digests[names[0]]}})
    several = decoded().model_copy(update={"files": digests})
    sources, lineage = [source("a"), source("b")], Lineage(frozenset(["a", "b"]))
    read = {"a": one, "b": several}
    made = credits_of(lineage, sources, read)
    assert made[0].sha256 == digests[names[0]]
    printed = "".join(f"{digest}  {name}\n" for name, digest in digests.items())
    assert made[1].sha256 == hashlib.sha256(printed.encode()).hexdigest()
    files = inputs_of(lineage, sources, read)
    assert [(f.title.en, f.href) for f in files] == [("A", names[0]), *(("B", n) for n in names)]
    assert all(f.sha256 == digests[f.href] for f in files)
