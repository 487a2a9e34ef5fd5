"""Processes that relay to Kafka, and that follow from there: `lrs follow --source kafka`, as it is run."""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from lrs.config import Settings
from tests.guarantees.ground import Ground
from tests.guarantees.sites import TREE

COMMAND = "import sys; from lrs.cli import main; main(sys.argv[1:])"
NAMES = ("facts", "rubric_evidence", "cohort_participation", "coaching_cadence")


async def follower(site: Ground, settings: Settings) -> subprocess.Popen[bytes]:
    """One more process of the group, which follows by now."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LRS_")} | {
        "LRS_KAFKA_SERVERS": ",".join(settings.kafka_servers),
        "LRS_KAFKA_PREFIX": settings.kafka_prefix,
        "LRS_KAFKA_GROUP": settings.kafka_group,
        "LRS_PEPPER": "of the tests",
    }
    command = [sys.executable, "-c", COMMAND, "follow", *NAMES, "--source", "kafka", "--data-dir", str(site.data)]
    return await _following(_begin(command, site.folder / "processes.log", environment), site)


async def relay(site: Ground, settings: Settings, *, lease_seconds: float = 1.0) -> subprocess.Popen[bytes]:
    """A process that relays by now, or stands by."""
    given = (str(site.data), *settings.kafka_servers, settings.kafka_prefix, str(lease_seconds))
    return await _following(site.begin("-m", "tests.kafka.process", *given), site)


async def _following(begun: subprocess.Popen[bytes], site: Ground) -> subprocess.Popen[bytes]:
    assert begun.stdout is not None
    said = await asyncio.to_thread(begun.stdout.readline)
    assert said == b"following\n", (site.folder / "processes.log").read_text()[-3000:]
    return begun


def _begin(command: Sequence[str], log: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    with log.open("ab") as out:
        return subprocess.Popen(
            command, cwd=TREE, stdout=subprocess.PIPE, stderr=out, env=environment, start_new_session=True
        )


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill -9."""
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


async def caught_up(site: Ground) -> bool:
    """Whether the facts have come to the end of the log, and all rows are computed."""
    behind = await site.value(
        "select count(*) from log.heads h left join relay.checkpoints c on c.store = h.store and c.follower = 'facts'"
        " where h.store <> 0 and coalesce(c.position, 0) < h.position"
    )
    return bool(behind == 0 and await site.value("select count(*) from facts.marks") == 0)
