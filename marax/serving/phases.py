"""What a connection is busy with, and how long it may be."""

from enum import Enum, auto

REQUEST_SECONDS = 10
IDLE_SECONDS = 75
LINGER_SECONDS = 2
ANSWER_SECONDS = 30


class Phase(Enum):
    """What a connection is busy with."""

    OPENED = auto()
    """Nothing has come yet; a TLS handshake may be under way."""
    HEAD = auto()
    BODY = auto()
    RUNNING = auto()
    """The application has the request: no deadline, save for a client that stops reading."""
    ANSWERING = auto()
    """The answer is being written."""
    IDLE = auto()
    REFUSED = auto()
    """The request was refused before it was whole; what still comes is passed over."""


RECEIVING = (Phase.OPENED, Phase.HEAD, Phase.BODY)
SECONDS = {
    Phase.RUNNING: None,
    Phase.ANSWERING: ANSWER_SECONDS,
    Phase.IDLE: IDLE_SECONDS,
    Phase.REFUSED: LINGER_SECONDS,
} | dict.fromkeys(RECEIVING, REQUEST_SECONDS)
