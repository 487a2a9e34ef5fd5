"""Mapping files: what is read, and which fault is told with which line."""
# ruff: noqa: E501 - a file is a line

import json

import pytest

from lrs.errors import Invalid
from lrs.reference import kinds, mapping, yamlfile
from projections.facts.fact import Fact, Kind
from tests import tree

HEAD = "mapping: own\nversion: 1\n"
RULE = HEAD + "rules:\n  - id: a\n    when: {}\n    emit: "


def fault(text: str) -> str:
    with pytest.raises(Invalid) as raised:
        mapping.parse(text)
    return raised.value.detail


@pytest.mark.parametrize("name", mapping.SHIPPED)
def test_shipped_mappings_are_sound(name: str) -> None:
    found = mapping.shipped(name)
    assert found.label.endswith("default/1")
    assert len({rule.id for rule in found.rules}) == len(found.rules)


def test_default_is_as_large_as_said() -> None:
    found = mapping.default()
    assert len(found.concepts["verb"]) >= 25
    assert len(found.concepts["type"]) >= 10
    assert len(found.rules) >= 26


def test_every_set_of_the_default_is_used() -> None:
    """A set that no rule names is a typing error, or a pattern forgotten."""
    text = mapping.source("default").partition("\nrules:\n")[2]
    for concept, sets in mapping.default().concepts.items():
        unused = [name for name in sets if name not in text and name != "alignment"]
        assert not unused, concept


def test_smallest_mapping() -> None:
    found = mapping.parse(HEAD)
    assert (found.name, found.version, found.label, found.rules) == ("own", 1, "own/1", ())


def test_json_is_a_mapping_too() -> None:
    found = mapping.parse(json.dumps({"mapping": "own", "version": 2, "extends": ["default"]}))
    assert found.label == "own/2+default/1"
    assert found.rules == mapping.default().rules


def test_two_bases_share_the_default() -> None:
    ids = [rule.id for rule in mapping.parse(HEAD + "extends: [moodle, cmi5]").rules]
    assert len(set(ids)) == len(ids)
    assert ids.index("moodle-attempt") < ids.index("cmi5-completed") < ids.index("learn-completed")


def test_unwanted_rules_are_left_out() -> None:
    found = mapping.parse(HEAD + "extends: [default]\nwithout: [member-joined, member-left]")
    assert len(found.rules) == len(mapping.default().rules) - 2


def test_kinds_are_those_of_facts() -> None:
    assert set(kinds.FIELDS) == {str(kind) for kind in Kind}
    attributes = set(Fact.__struct_fields__)
    for kind in kinds.FIELDS.values():
        assert {field.to for field in kind if field.to in kinds.ATTRIBUTES} <= attributes


def test_schema_has_every_field() -> None:
    schema = json.loads((tree.ROOT / "schemas/mapping/mapping.json").read_text(encoding="utf-8"))
    properties = set(schema["$defs"]["emit"]["properties"])
    assert properties == {"fact", "each"} | {field.name for kind in kinds.FIELDS.values() for field in kind}
    assert schema["$defs"]["emit"]["properties"]["fact"]["enum"] == [str(kind) for kind in Kind]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1: null is not of type"),
        ("mapping: own\n", 'line 1: "version" is a required property'),
        (HEAD + "verison: 2\n", "line 3: there is no key 'verison'; did you mean 'version'?"),
        (HEAD + "extends: [defualt]\n", "line 3: there is no mapping 'defualt' to extend; there are default, moodle, cmi5"),
        (HEAD + "extends: [default]\nwithout:\n  - nothing\n", "line 5: no extended mapping has a rule 'nothing'"),
        (HEAD + "normalize:\n  - {from: 'http://a/', to: 'http://a/b/'}\n", "line 4: `to` begins with `from`"),
        (HEAD + "concepts:\n  verb:\n    x: [no iri]\n", "line 5: concepts.verb.x.0:"),
        (HEAD + "rules:\n  - id: a\n", "line 4: a rule says either `emit` or `ignore: true`"),
        (HEAD + "rules:\n  - id: a\n    ignore: true\n    whn: {}\n", "line 6: rules.0: there is no key 'whn'; did you mean 'when'?"),
        (HEAD + "rules:\n  - {id: a, ignore: true}\n  - {id: a, ignore: true}\n", "line 5: there is a rule 'a' already"),
        (HEAD + "rules:\n  - id: a\n    when:\n      verb: juggled\n    ignore: true\n", "line 6: concepts.verb has no set 'juggled'"),
        (HEAD + "rules:\n  - id: a\n    when:\n      type: thing\n    ignore: true\n", "line 6: concepts.type has no set 'thing'"),
        (HEAD + "rules:\n  - id: a\n    when: {object: Activty}\n    ignore: true\n", 'line 5: rules.0.when.object: "Activty" is not one of'),
        (HEAD + "rules:\n  - id: a\n    when:\n      rules:\n      - {location: $.a..b, presence: included}\n    ignore: true\n", "line 7: `..`"),
        (HEAD + "rules:\n  - id: a\n    when:\n      rules:\n      - location: $.a\n    ignore: true\n", "line 7: a rule says presence"),
        (HEAD + "rules:\n  - id: a\n    when: {criterion: somewhere}\n    ignore: true\n", "line 5: 'somewhere' is no place for a criterion"),
        (HEAD + "rules:\n  - id: a\n    when: {has: plain}\n    ignore: true\n", "line 5: has takes paths"),
        (RULE + "{fact: lern}", 'line 6: rules.0.emit.fact: "lern" is not one of'),
        (RULE + "{fact: learn, learner: actor, state: completed}", "line 6: learn needs unit"),
        (RULE + "{fact: session.attended, session: x}", "line 6: session.attended needs member or educator or organiser"),
        (RULE + "\n      fact: learn\n      lerner: actor\n", "line 8: rules.0.emit: there is no key 'lerner'; did you mean 'learner'?"),
        (RULE + "\n      fact: learn\n      coach: actor\n", "line 8: learn has no field 'coach'"),
        (RULE + "\n      fact: learn\n      learner: actor\n      unit: x\n      state: done\n", "line 10: state is 'done'; it may be started"),
        (RULE + "\n      fact: apply\n      doer: $each\n", "line 8: $each is used, but nothing says `each:`"),
        (RULE + "\n      fact: apply\n      doer: somebody\n", "line 8: 'somebody' is no person"),
        (RULE + "\n      fact: apply\n      doer: people(x)\n", "line 8: there is no people()"),
        (RULE + "\n      fact: apply\n      doer: contextAgents(boss)\n", "line 8: concepts.relevant has no set 'boss'"),
        (RULE + "\n      fact: apply\n      doer: contextAgents()\n", "line 8: contextAgents() needs the name of a set, or *"),
        (RULE + "\n      fact: apply\n      doer: actor\n      unit: '{a'\n", "line 9: the braces of '{a' do not match"),
        (RULE + "\n      fact: apply\n      doer: actor\n      unit: {of: $.a}\n", "line 9: role, assigned and except are for persons"),
        (RULE + "\n      fact: apply\n      doer: actor\n      unit: {map: {a: b}}\n", "line 9: an object is {const"),
        (RULE + "\n      fact: apply\n      doer: actor\n      refers_to: abc\n", "line 9: 'abc' cannot be a uuid"),
        (RULE + "\n      fact: apply\n      doer: actor\n      criteria: nowhere\n", "line 9: 'nowhere' is no place for a criteria"),
        (RULE + "\n      fact: session.attended\n      member: actor\n      educator: actor\n      session: x\n", "line 9: educator and member"),
    ],
)  # fmt: skip
def test_faults_are_told_with_their_line(text: str, words: str) -> None:
    assert fault(text).startswith(words), fault(text)


def test_several_faults_are_told_at_once() -> None:
    found = fault("mapping: own\nversion: 0\nrulez: []\nconcepts: {verb: {A: []}}\n").splitlines()
    assert [line.split(":")[0] for line in found] == ["line 2", "line 3", "line 4"]


def test_lines_count_in_the_file_of_the_user() -> None:
    text = "# mine\n\nmapping: own\nversion: 1\nextends: [default]\nrules:\n  - id: a\n    when: {verb: jugled}\n    ignore: true\n"
    assert fault(text) == "line 8: concepts.verb has no set 'jugled'"


def test_document_of_the_default_is_read_in_reasonable_time() -> None:
    assert yamlfile.read(mapping.source("default")).line(("rules", 0, "id")) > 100
