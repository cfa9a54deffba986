"""Who makes room when there is one connection too many."""

from dataclasses import dataclass, field

import pytest

from marax.serving.open_connections import OpenConnections
from marax.serving.phases import Phase

OURS, ANOTHER = "192.0.2.1", "192.0.2.66"


@dataclass(eq=False)
class Held:
    """A connection that does nothing."""

    neighbourhood: str
    phase: Phase = Phase.OPENED
    closed: list["Held"] = field(default_factory=list)

    def abort(self) -> None:
        self.closed.append(self)


def closed_by(*connections: Held, most: int) -> list[int]:
    """Return which of *connections* are closed as they come, in this order."""
    opened = OpenConnections(most=most, tls=lambda: None)
    closed: list[Held] = []
    for connection in connections:
        connection.closed = closed
        opened.add(connection)
        for one in closed:
            opened.discard(one)
    return [connections.index(one) for one in closed]


@pytest.mark.parametrize(
    ("connections", "closed"),
    [
        ([Held(OURS), Held(OURS), Held(OURS)], []),
        ([Held(OURS), Held(OURS), Held(OURS), Held(OURS)], [0]),
        ([Held(OURS), *(Held(ANOTHER) for _ in range(20))], list(range(1, 19))),
        ([*(Held(ANOTHER) for _ in range(3)), Held(OURS), Held(OURS)], [0, 1]),
        ([Held(ANOTHER, Phase.RUNNING), *(Held(ANOTHER) for _ in range(3))], [1]),
        ([*(Held(ANOTHER, Phase.RUNNING) for _ in range(3)), Held(OURS)], [3]),
    ],
)
def test_the_client_with_the_most_connections_makes_room(connections: list[Held], closed: list[int]):
    assert closed_by(*connections, most=3) == closed
