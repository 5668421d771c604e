"""The decision: nothing without a rule, and never more for those who have less."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citytwin.model.layer import CLASSIFICATIONS
from citytwin.security.decision import ANONYMOUS, Resource, Subject, decide
from citytwin.security.policy import PUBLIC_ONLY, Policy, Rule

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ROLES = ("planner", "operator", "guest")
ACTIONS = ("read", "export", "sign")
NAMES = ("flood_depth_max", "flood_speed_max", "roads", "*", "flood_*")

subsets = st.frozensets
moments = st.sampled_from([None, NOW - HOUR, NOW, NOW + HOUR])
common = {
    "actions": subsets(st.sampled_from(ACTIONS), min_size=1),
    "kinds": subsets(st.sampled_from(("layer", "table")), min_size=1),
    "names": st.lists(st.sampled_from(NAMES), min_size=1, max_size=2).map(tuple),
    "subjects": subsets(st.sampled_from(("ann", "bob"))),
    "since": moments,
    "until": moments,
}
allowing = st.fixed_dictionaries(
    common
    | {
        "effect": st.just("allow"),
        "roles": subsets(st.sampled_from(ROLES), min_size=1),
        "up_to": st.sampled_from(CLASSIFICATIONS),
    }
)
denying = st.fixed_dictionaries(
    common
    | {
        "effect": st.just("deny"),
        "unless_roles": subsets(st.sampled_from(ROLES)),
        "at_least": st.sampled_from(CLASSIFICATIONS),
    }
)


def policy_of(rules: list[dict[str, object]]) -> Policy:
    """Return these rules as a policy, each with a name of its own."""
    named = [Rule.model_validate({"name": f"r{k}", **rule}) for k, rule in enumerate(rules)]
    return Policy(version=1, rules=tuple(named))


def has_effect(rule: dict[str, object]) -> bool:
    """Tables can be read only, and what ends must have begun; else a rule is refused."""
    begins, ends = rule["since"], rule["until"]
    holds = begins is None or ends is None or begins < ends
    return holds and ("layer" in rule["kinds"] or "read" in rule["actions"])


allowing, denying = allowing.filter(has_effect), denying.filter(has_effect)
rule_lists = st.lists(allowing | denying, max_size=5)
subjects = st.builds(
    Subject,
    id=st.sampled_from(("ann", "bob")),
    roles=subsets(st.sampled_from(ROLES)),
    expires=st.just(NOW + HOUR),
)
resources = st.builds(
    Resource,
    kind=st.sampled_from(("layer", "table")),
    id=st.sampled_from(NAMES[:3]),
    classification=st.sampled_from(CLASSIFICATIONS),
)
actions = st.sampled_from(ACTIONS)


@given(subjects, actions, resources)
def test_without_a_rule_nothing_is_allowed(
    subject: Subject, action: str, resource: Resource
) -> None:
    """The default is to deny."""
    assert not decide(subject, action, resource, NOW, Policy(version=1)).allowed


@given(rule_lists, subjects, actions, resources, st.data())
def test_fewer_roles_never_give_more(
    rules: list[dict[str, object]],
    subject: Subject,
    action: str,
    resource: Resource,
    data: st.DataObject,
) -> None:
    """Whoever may with some roles also may with more; so it is for being known at all."""
    policy = policy_of(rules)
    fewer = data.draw(subsets(st.sampled_from(sorted(subject.roles)))) if subject.roles else set()
    less = replace(subject, roles=frozenset(fewer))
    full = decide(subject, action, resource, NOW, policy).allowed
    assert full or not decide(less, action, resource, NOW, policy).allowed
    assert full or not decide(ANONYMOUS, action, resource, NOW, policy).allowed


@given(rule_lists, subjects, actions, resources)
def test_what_is_more_protected_is_never_easier_to_have(
    rules: list[dict[str, object]], subject: Subject, action: str, resource: Resource
) -> None:
    """Over the four classifications the answer changes at most once, from yes to no."""
    policy = policy_of(rules)
    answers = [
        decide(subject, action, replace(resource, classification=c), NOW, policy).allowed
        for c in CLASSIFICATIONS
    ]
    assert answers == sorted(answers, reverse=True)


@given(rule_lists, denying, subjects, actions, resources)
def test_another_denial_never_widens_and_the_order_never_matters(
    rules: list[dict[str, object]],
    denial: dict[str, object],
    subject: Subject,
    action: str,
    resource: Resource,
) -> None:
    """Denials win wherever they stand."""
    before = decide(subject, action, resource, NOW, policy_of(rules)).allowed
    after = decide(subject, action, resource, NOW, policy_of([*rules, denial])).allowed
    assert before or not after
    turned = decide(subject, action, resource, NOW, policy_of([denial, *reversed(rules)])).allowed
    assert turned == after


@given(rule_lists, subjects, actions, resources)
def test_who_has_expired_is_nobody(
    rules: list[dict[str, object]], subject: Subject, action: str, resource: Resource
) -> None:
    """At the very moment, and without a moment at all."""
    policy = policy_of(rules)
    nobody = decide(ANONYMOUS, action, resource, NOW, policy)
    for expires in (NOW, NOW - HOUR, None):
        gone = replace(subject, expires=expires)
        assert decide(gone, action, resource, NOW, policy) == nobody


def layer(classification: str, name: str = "roads") -> Resource:
    """Return a layer of a classification."""
    return Resource("layer", name, classification)


PLANNERS = Rule(
    name="planners", effect="allow", actions={"read"}, roles={"planner"}, up_to="internal"
)
ANN = Subject("ann", frozenset({"planner"}), NOW + HOUR)


@pytest.mark.parametrize(
    ("subject", "resource", "expected"),
    [
        (ANN, layer("public"), True),
        (ANN, layer("internal"), True),
        (ANN, layer("restricted"), False),
        (ANN, Resource("layer", "roads"), False),  # nothing said counts as secret
        (ANN, Resource("table", "roads", "public"), False),
        (ANONYMOUS, layer("public"), False),
        (Subject("", frozenset({"planner"}), NOW + HOUR), layer("public"), False),
        (replace(ANN, roles=frozenset({"Planner"})), layer("public"), False),
    ],
)
def test_a_rule_for_planners(subject: Subject, resource: Resource, expected: bool) -> None:
    """Table of what one rule gives, to whom."""
    policy = Policy(version=1, rules=(PLANNERS,))
    found = decide(subject, "read", resource, NOW, policy)
    assert found.allowed is expected
    assert found.rule == ("planners" if expected else "")


def test_a_denial_names_itself_and_spares_its_roles() -> None:
    """And meets those who log out to escape it."""
    denial = Rule(
        name="works", effect="deny", actions={"read"}, names=("flood_*",), unless_roles={"operator"}
    )
    bob = Rule(name="bob", effect="deny", actions={"read"}, names=("roads",), subjects={"bob"})
    allow = PUBLIC_ONLY.rules[0]
    policy = Policy(version=1, rules=(allow, denial, bob))
    flood = layer("public", "flood_depth_max")
    assert decide(ANN, "read", flood, NOW, policy).rule == "works"
    assert decide(replace(ANN, roles=frozenset({"operator"})), "read", flood, NOW, policy).allowed
    assert decide(ANN, "read", layer("public"), NOW, policy).allowed
    assert not decide(ANONYMOUS, "read", layer("public"), NOW, policy).allowed
    assert not decide(replace(ANN, id="bob"), "read", layer("public"), NOW, policy).allowed


def test_rules_hold_from_a_moment_and_before_another() -> None:
    """The first moment counts, the last does not."""
    rule = PLANNERS.model_copy(update={"since": NOW, "until": NOW + HOUR})
    policy = Policy(version=1, rules=(rule,))
    shifts = [-timedelta(seconds=1), timedelta(0), HOUR - timedelta(seconds=1), HOUR]
    ann = replace(ANN, expires=NOW + 9 * HOUR)
    found = [decide(ann, "read", layer("public"), NOW + s, policy).allowed for s in shifts]
    assert found == [False, True, True, False]


def test_without_a_policy_what_is_public_is_for_all() -> None:
    """And nothing else is for anyone."""
    for classification in CLASSIFICATIONS:
        found = decide(ANN, "read", layer(classification), NOW).allowed
        assert found is (classification == "public")
    assert not decide(ANN, "sign", layer("public"), NOW).allowed
