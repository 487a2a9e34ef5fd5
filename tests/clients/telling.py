"""What a client's script prints: a line for each resource, with the steps that it came through."""

import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

Client = TypeVar("Client")
Steps = Mapping[str, Callable[[Client], Iterator[str]]]


def tell(resources: Steps[Client], client: Client) -> int:
    """Go through every resource, whatever became of the one before; 1 if any was broken off."""
    ends = [told(name, steps(client)) for name, steps in resources.items()]
    return 0 if all(ends) else 1


def told(name: str, steps: Iterator[str]) -> bool:
    """Print how far the steps of one resource go, and whether to their end."""
    done = []
    try:
        for step in steps:
            done.append(step)  # noqa: PERF402 - what was done before an error is told too
    except Exception:
        traceback.print_exc()
        print(f"{name}: {', '.join([*done, 'BROKEN OFF'])}", flush=True)
        return False
    print(f"{name}: {', '.join(done)}", flush=True)
    return True
