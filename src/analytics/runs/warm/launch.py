"""What the owner of a kernel and the parent say to each other: one connection for each kernel.

The owner sends a :class:`Launch` and the two descriptors the kernel shall write to.  The parent answers with the
process id, and later with the exit code.  The owner closes the connection when it needs the kernel no more: what is
left of it is then killed, so a kernel can outlive neither of them.
"""

from __future__ import annotations

import json
import socket
from dataclasses import asdict, dataclass

READY = "ready"
"""What a parent says first, on its standard output, when it can fork."""

_LONGEST = 1 << 20  # bytes; more than the system lets through in one message


@dataclass(frozen=True)
class Launch:
    """How to start a kernel: the arguments behind ``-m ipykernel_launcher``, its environment and its folder."""

    arguments: list[str]
    environment: dict[str, str]
    folder: str


def connection_socket() -> socket.socket:
    """A socket whose messages arrive whole or not at all, so that nobody waits for the rest of one."""
    return socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def send_launch(connection: socket.socket, launch: Launch, output: list[int]) -> None:
    """Send ``launch`` with ``output``, the descriptors of the kernel's standard output and error."""
    socket.send_fds(connection, [json.dumps(asdict(launch)).encode()], output)


def receive_launch(connection: socket.socket) -> tuple[Launch, list[int]] | None:
    """A launch and its two descriptors, the receiver's to close; ``None`` when the owner has closed the connection."""
    try:
        message, output, _, _ = socket.recv_fds(connection, _LONGEST, 2)
    except ConnectionResetError:  # closed before it had read all answers
        return None
    return (Launch(**json.loads(message)), output) if message else None


def send_number(connection: socket.socket, number: int) -> None:
    """Send a process id or an exit code."""
    connection.send(number.to_bytes(4, "big", signed=True))


def receive_number(connection: socket.socket, flags: int = 0) -> int | None:
    """A process id or an exit code; ``None`` when the parent is gone.

    Raises
    ------
    BlockingIOError
        Nothing has come yet, and ``flags`` hold ``MSG_DONTWAIT``.
    """
    try:
        message = connection.recv(4, flags)
    except ConnectionResetError:
        return None
    return int.from_bytes(message, "big", signed=True) if message else None
