"""Logs in wrongly, 32 at a time, each time as somebody else from another address: PORT SECONDS.

Says on stdout how often each status code came.
"""

import contextlib
import itertools
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException

PARALLEL = 32


def flood(port: int, until_seconds: float, number: Iterator[int], statuses: Counter[int]) -> None:
    while time.monotonic() < until_seconds:
        i = next(number)
        address = (f"127.{1 + i // 62500 % 250}.{i // 250 % 250}.{1 + i % 250}", 0)
        body = json.dumps({"username": f"user{i}", "password": "wrong"})
        connection = HTTPConnection("127.0.0.1", port, timeout=10, source_address=address)
        with contextlib.closing(connection), contextlib.suppress(OSError, HTTPException):
            connection.request("POST", "/login", body, {"Content-Type": "application/json"})
            statuses[connection.getresponse().status] += 1


def main(port: int, seconds: float) -> None:
    number: Iterator[int] = itertools.count()
    statuses: Counter[int] = Counter()
    until_seconds = time.monotonic() + seconds
    callers = [
        threading.Thread(target=flood, args=(port, until_seconds, number, statuses)) for _ in range(PARALLEL)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    sys.stdout.write(json.dumps(statuses))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
