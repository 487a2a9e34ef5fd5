"""Statements as R-31 has them: a few of everything, so that they meet; what each can be found by is noted as it is
made, and nothing of the server's own is asked.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Json = dict[str, Any]

HOME: Final = "http://localhost:8080"
VOIDED: Final = "http://adlnet.gov/expapi/verbs/voided"
VERBS: Final = ("http://v.example/a", "http://v.example/b", "http://V.example/a")
ACTIVITIES: Final = ("http://a.example/1", "http://a.example/2", "http://a.example/2/", "urn:x:é")
REGISTRATIONS: Final = ("6690e6c9-3ef0-4ed3-8b37-7f3964730bee", "ec531277-b57b-4c15-8d91-d292c5b2b8f7")
GROUP: Final = 5
# Whom a statement may name, by number; the last is a Group with an identifier. The sender joins them as -1.
AGENTS: Final[tuple[Json, ...]] = (
    {"mbox": "mailto:ann@example.org"},
    {"mbox": "mailto:Ann@example.org"},
    {"account": {"homePage": "http://lms.example.org", "name": "ann|\\"}},
    {"openid": "http://ann.example.org/"},
    {"mbox_sha1sum": "0123456789abcdef0123456789abcdef01234567"},
    {"objectType": "Group", "mbox": "mailto:group@example.org"},
)


@dataclass(kw_only=True)
class Said:
    """A statement as it is sent, and what it can be found by. Agents are numbers of AGENTS, an authority is a key."""

    id: str
    body: Json
    verb: str
    authority: str = ""
    agents: set[int] = field(default_factory=set)
    related_agents: set[int] = field(default_factory=set)
    activity: str | None = None
    related_activities: set[str] = field(default_factory=set)
    registration: str | None = None
    target: str | None = None
    stored: str = ""

    @property
    def voids(self) -> bool:
        return self.verb == VOIDED


@dataclass(frozen=True, kw_only=True)
class Question:
    """The filters of a GET; `agent` is a number of AGENTS or the key of a sender."""

    agent: int | str | None = None
    verb: str | None = None
    activity: str | None = None
    registration: str | None = None
    related_agents: bool = False
    related_activities: bool = False
    since: str | None = None
    until: str | None = None
    ascending: bool = False

    def meets(self, said: Said) -> bool:
        """Whether the statement itself meets all but the times."""
        return (
            (self.verb is None or said.verb == self.verb)
            and (self.registration is None or said.registration == self.registration)
            and self._meets_agent(said)
            and self._meets_activity(said)
        )

    def _meets_agent(self, said: Said) -> bool:
        if self.agent is None or self.agent in said.agents:
            return True
        return self.related_agents and (self.agent in said.related_agents or self.agent == said.authority)

    def _meets_activity(self, said: Said) -> bool:
        if self.activity is None or self.activity == said.activity:
            return True
        return self.related_activities and self.activity in said.related_activities


class Statements:
    """All that was stored, in its order."""

    def __init__(self) -> None:
        self.stored: list[Said] = []

    def get(self, id: str) -> Said | None:
        """The statement of that id."""
        return next((said for said in self.stored if said.id == id), None)

    def is_voided(self, said: Said) -> bool:
        """Whether one that is stored voids it, and it may be voided."""
        return not said.voids and any(each.voids and each.target == said.id for each in self.stored)

    def find(self, question: Question, *, mine: str | None) -> list[str]:
        """The ids that a GET lists, over all its pages."""
        found = [said.id for said in self.stored if self._is_listed(said, question, mine)]
        return found if question.ascending else found[::-1]

    def _is_listed(self, said: Said, question: Question, mine: str | None) -> bool:
        if self.is_voided(said) or (mine is not None and said.authority != mine):
            return False
        if question.since is not None and said.stored <= question.since:
            return False
        if question.until is not None and said.stored > question.until:
            return False
        chain = [each for each in self._chain(said) if mine is None or each.authority == mine]
        return any(question.meets(each) for each in chain)

    def _chain(self, said: Said) -> Iterator[Said]:
        """The statement, and those that it refers to, one by one."""
        seen: set[str] = set()
        step: Said | None = said
        while step is not None and step.id not in seen:
            yield step
            seen.add(step.id)
            step = None if step.target is None else self.get(step.target)


class Maker:
    """Makes statements by the fall of the dice; they refer to the `ids` of one another, stored or not."""

    def __init__(self, dice: random.Random, ids: Sequence[str], *, old: bool) -> None:
        self._dice = dice
        self._ids = ids
        self._old = old

    def make(self, id: str) -> Said:
        """A statement of that id."""
        made = Said(id=id, body={"id": id}, verb=self._dice.choice(VERBS))
        made.body["actor"] = self._who(made.agents)
        kind = self._dice.choice(("Activity", "Activity", "Agent", "Group", "Ref", "Ref", "Ref", "Void", "Void", "Sub"))
        made.body["object"] = self._object(made, kind)
        made.body["verb"] = {"id": made.verb}
        if self._dice.random() < 0.6:
            made.body["context"] = self._context(made.related_agents, made.related_activities)
            made.registration = made.body["context"].get("registration")
        return made

    def _object(self, made: Said, kind: str) -> Json:
        if kind in ("Ref", "Void"):
            made.verb = VOIDED if kind == "Void" else made.verb
            made.target = self._dice.choice(self._ids)
            return {"objectType": "StatementRef", "id": self._cased(made.target)}
        if kind == "Sub":
            return self._substatement(made)
        if kind == "Activity":
            made.activity = self._dice.choice(ACTIVITIES)
            return {"id": made.activity}
        return self._whom(made.agents, kind)

    def _substatement(self, made: Said) -> Json:
        """What a SubStatement names is related only, and one that it refers to is not followed."""
        inner: Json = {"objectType": "SubStatement", "actor": self._who(made.related_agents)}
        inner["verb"] = {"id": self._dice.choice(VERBS)}
        match self._dice.randrange(3):
            case 0:
                inner["object"] = {"id": self._dice.choice(ACTIVITIES)}
                made.related_activities.add(inner["object"]["id"])
            case 1:
                inner["object"] = self._whom(made.related_agents, "Agent")
            case _:
                inner["object"] = {"objectType": "StatementRef", "id": self._dice.choice(self._ids)}
        if self._dice.random() < 0.5:
            inner["context"] = self._context(made.related_agents, made.related_activities)
        return inner

    def _context(self, agents: set[int], activities: set[str]) -> Json:
        made: Json = {}
        if self._dice.random() < 0.5:
            made["registration"] = self._dice.choice(REGISTRATIONS)
        if self._dice.random() < 0.3:
            made["instructor"] = self._who(agents)
        if self._dice.random() < 0.2:
            made["team"] = self._whom(agents, "Group")
        if self._dice.random() < 0.2:
            made["statement"] = {"objectType": "StatementRef", "id": self._dice.choice(self._ids)}
        if self._dice.random() < 0.5:
            kind = self._dice.choice(("parent", "grouping", "category", "other"))
            named = self._dice.sample(ACTIVITIES, self._dice.randrange(3))
            activities.update(named)
            around = [{"id": each} for each in named]
            made["contextActivities"] = {kind: around[0] if len(around) == 1 else around}
        if not self._old and self._dice.random() < 0.3:
            made["contextAgents"] = [{"objectType": "contextAgent", "agent": self._whom(agents, "Agent")}]
        if not self._old and self._dice.random() < 0.3:
            made["contextGroups"] = [{"objectType": "contextGroup", "group": self._whom(agents, "Group")}]
        return made

    def _who(self, found: set[int]) -> Json:
        return self._whom(found, self._dice.choice(("Agent", "Agent", "Agent", "Group")))

    def _whom(self, found: set[int], kind: str) -> Json:
        """An agent or a group, noted with its members."""
        if kind == "Agent":
            number = self._dice.randrange(GROUP)
            found.add(number)
            return {**AGENTS[number], "objectType": "Agent"}
        is_named = self._dice.random() < 0.5
        members = self._dice.sample(range(GROUP), self._dice.randint(0 if is_named else 1, 2))
        found.update(members, [GROUP] if is_named else [])
        group = AGENTS[GROUP] if is_named else {"objectType": "Group"}
        return {**group, **({"member": [AGENTS[each] for each in members]} if members else {})}

    def _cased(self, id: str) -> str:
        return id.upper() if self._dice.random() < 0.2 else id
