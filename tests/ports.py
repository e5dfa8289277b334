"""Free ports for servers of tests, also where several tests look for some at once."""

import random
import socket
from contextlib import ExitStack

BELOW_EPHEMERAL = range(15_000, 32_000)
"""Never given by the kernel to a connection, as might happen before a server has started."""


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on; all held at once, so that they differ."""
    found: list[int] = []
    with ExitStack() as held:
        while len(found) < count:
            port = random.SystemRandom().choice(BELOW_EPHEMERAL)
            bound = held.enter_context(socket.socket())
            try:
                bound.bind(("127.0.0.1", port))
            except OSError:
                continue
            found.append(port)
    return found
