"""A real Apache Kafka on a free port, from Maven Central: one process that is broker and controller (KRaft)."""

import base64
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from pathlib import Path

from tests import tree
from tests.serving import free_port

POM = Path(__file__).with_name("pom.xml")
CACHE = tree.ROOT / ".cache" / "kafka"
MADE = "made"
START_SECONDS = 60.0
JAVA = ("-Xms96m", "-Xmx320m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.net.preferIPv4Stack=true")
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{advertised}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={folder}/data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
"""


class Missing(Exception):
    """What a broker needs is not on this machine."""


def artefacts() -> Path:
    """The folder of Kafka's own jars, fetched once; Missing says what lacks."""
    for program, package in (("java", "openjdk-17-jre-headless"), ("mvn", "maven")):
        if shutil.which(program) is None:
            raise Missing(f"no {program}: Kafka is not tried (Debian, Ubuntu: apt install {package})")
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _fetched(CACHE / str(abs(hash_of(POM.read_bytes()))))


def _fetched(folder: Path) -> Path:
    if (folder / MADE).exists():
        return folder
    for old in CACHE.glob("*/"):
        shutil.rmtree(old, ignore_errors=True)
    command = ["mvn", "--batch-mode", "--quiet", "--file", str(POM), "dependency:copy-dependencies"]
    done = subprocess.run(
        [*command, f"-DoutputDirectory={folder}"], capture_output=True, text=True, check=False, timeout=600
    )
    if done.returncode != 0:
        raise Missing(f"Maven could not fetch Kafka: {done.stdout.strip()[-500:]}")
    (folder / MADE).touch()
    return folder


def hash_of(content: bytes) -> int:
    return int.from_bytes(uuid.uuid5(uuid.NAMESPACE_OID, content.decode()).bytes[:6])


class Broker:
    """A broker whose data lie in `folder`. `advertised` is the port that clients are sent to, if not its own."""

    def __init__(self, jars: Path, folder: Path, *, advertised: int | None = None) -> None:
        self._jars = jars
        self._folder = folder
        self.port = free_port()
        self._controller = free_port()
        self._advertised = advertised or self.port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def server(self) -> str:
        """What clients are told."""
        return f"127.0.0.1:{self._advertised}"

    def format(self) -> None:
        """Make empty storage, in place of any that there is."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        text = PROPERTIES.format(
            port=self.port, controller=self._controller, advertised=self._advertised, folder=self._folder
        )
        (self._folder / "server.properties").write_text(text)
        # One in 64 would begin with a dash, and be taken for an option.
        cluster = base64.urlsafe_b64encode(b"\0" + uuid.uuid4().bytes[1:]).decode().rstrip("=")
        self._java("kafka.tools.StorageTool", "format", "--cluster-id", cluster, "--config", self._properties)

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        log = (self._folder / "out").open("ab")
        command = ["java", *JAVA, "-cp", f"{self._jars}/*", "kafka.Kafka", self._properties]
        self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder)
        log.close()
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"Kafka did not start: {(self._folder / 'out').read_text()[-2000:]}")

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(30)
            self._process = None

    def freeze(self) -> None:
        """Have it stand still."""
        os.kill(self._pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Have it go on."""
        os.kill(self._pid, signal.SIGCONT)

    @property
    def _pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def _properties(self) -> str:
        return str(self._folder / "server.properties")

    def _java(self, *words: str) -> None:
        command = ["java", *JAVA, "-cp", f"{self._jars}/*", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
