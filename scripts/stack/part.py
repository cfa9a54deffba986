"""One program of a stack: its process, its address, its log."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SETPRIV = "/usr/bin/setpriv"  # in util-linux; asks the kernel to end the process when its parent dies
_POLL_SECONDS = 0.05
_ANSWER_SECONDS = 2.0
_DEATH_SECONDS = 60.0  # what is killed is gone at once, unless the machine is very busy


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What a part runs.

    Attributes:
        name: What people call it.
        argv: The command and its arguments.
        address: `127.0.0.1:PORT`, where it listens, and answers `/-/ready` with 200 once it is ready.
        log: The file that all it says is appended to.
        grace_seconds: How long it may take to end in good order.
    """

    name: str
    argv: tuple[str, ...]
    address: str
    log: Path
    grace_seconds: float = 10.0


class PartError(Exception):
    """A part does not do what it should; the message holds the end of its log."""


class Part:
    """A program that can be started, killed and started again.

    The process leads a group of its own, so that Ctrl-C reaches whoever started it and not the part. It dies
    with the thread that started it, whatever ends that: start parts in the main thread.
    """

    def __init__(self, program: Program) -> None:
        self.name = program.name
        self.address = program.address
        self.log = program.log
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process, None while there is none."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start the process; it need not be ready when this returns."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                (_SETPRIV, "--pdeathsig", "KILL", "--", *self._program.argv),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"},
                start_new_session=True,
            )

    def wait_until_ready(self, deadline_seconds: float = 30.0) -> None:
        """Return once the part answers that it is ready.

        Raises:
            PartError: It ended, or was not ready within *deadline_seconds*.
        """
        deadline = time.monotonic() + deadline_seconds
        while not self._is_ready():
            if self._process is None or self._process.poll() is not None:
                code = self._process.returncode if self._process else "none"
                raise self.trouble(f"ended (exit code {code}) instead of serving {self.address}")
            if time.monotonic() > deadline:
                raise self.trouble(f"was not ready on {self.address} within {deadline_seconds:g} s")
            time.sleep(_POLL_SECONDS)

    def ask(self, path: str) -> Any:
        """Return the JSON that the part answers to a GET of *path*.

        Raises:
            PartError: It does not answer, or not with JSON.
        """
        try:
            status, body = self._get(path)
            if status == http.HTTPStatus.OK:
                return json.loads(body)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self.trouble(f"does not answer {path} ({error})") from error
        raise self.trouble(f"answers {path} with {status}")

    def kill(self) -> None:
        """End the process as a crash would, without a chance to tidy up."""
        self._end(signal.SIGKILL, _DEATH_SECONDS)

    def stop(self) -> None:
        """End the process in good order, or by force if that takes too long; do nothing if there is none."""
        try:
            self._end(signal.SIGTERM, self._program.grace_seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def trouble(self, what: str) -> PartError:
        """Return the error that this part did *what*, with the end of its log."""
        lines = self.log.read_text(errors="replace").splitlines()[-20:] if self.log.exists() else []
        tail = "\n".join(f"    {line[:300]}" for line in lines) or "    (nothing)"
        return PartError(f"{self.name} {what}; its log, {self.log}, ends:\n{tail}")

    def _end(self, number: signal.Signals, within_seconds: float) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        os.killpg(self._process.pid, number)
        self._process.wait(within_seconds)

    def _is_ready(self) -> bool:
        try:
            return self._get("/-/ready")[0] == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False

    def _get(self, path: str) -> tuple[int, bytes]:
        with contextlib.closing(
            http.client.HTTPConnection(self.address, timeout=_ANSWER_SECONDS)
        ) as connection:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
