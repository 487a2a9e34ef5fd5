"""A hook as a plugin: keeps the last score of each learner and unit in a file that a gradebook reads.

In the pyproject.toml of the package that has it:

    [project.entry-points."lrs.hooks"]
    gradebook = "gradebook:PLUGIN"
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from lrs.hooks.filters import Filter
from lrs.hooks.plugins import Event, Park, Plugin

FILE = Path(os.environ.get("GRADEBOOK_FILE", "gradebook.json"))
SCORED = "http://adlnet.gov/expapi/verbs/scored"


def grade(events: Sequence[Event]) -> None:
    """Write the scores of a batch; the same batch may come again, and then changes nothing."""
    grades = json.loads(FILE.read_text()) if FILE.exists() else {}
    parked = None
    for event in events:
        statement = event.data
        if statement is None:
            continue  # erased meanwhile
        score = statement.get("result", {}).get("score", {}).get("scaled")
        if score is None:
            parked = Park(event, "a score without `scaled`")
            break
        who = statement["actor"].get("mbox", event.id)
        grades[f"{who} {statement['object']['id']}"] = {"score": score, "event": event.id}
    new = FILE.with_suffix(".new")
    new.write_text(json.dumps(grades))
    new.replace(FILE)
    if parked is not None:
        raise parked


PLUGIN = Plugin(function=grade, filter=Filter(kinds=("StatementStored",), verbs=(SCORED,)))
