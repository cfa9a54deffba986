"""A host as Prometheus sees it: an exporter's port on loopback that can die and come back."""

import socket
import threading
import time
from contextlib import suppress

from tests.fakes import rude_servers as rude


class ScrapedHost:
    """Answers scrapes with the samples of a marax-exporter while it is alive; booted an hour ago at first."""

    def __init__(self) -> None:
        self.booted_unix_seconds = time.time() - 3600  # noqa: TID251 - Prometheus goes by the machine's clock
        self.answered_unix_seconds: list[float] = []
        self.port = rude.a_dead_port()
        self._listener: socket.socket | None = None
        self.start()

    def start(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._serve, args=(self._listener,), daemon=True).start()

    def die(self) -> None:
        if self._listener is not None:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()

    def reboot(self) -> None:
        self.booted_unix_seconds = time.time()  # noqa: TID251 - as above
        self.start()

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                rude.answering(self._exposition())(connection)
                self.answered_unix_seconds.append(time.time())  # noqa: TID251 - as above

    def _exposition(self) -> bytes:
        now = time.time()  # noqa: TID251 - as above
        return f"""\
marax_cpu_usage_ratio 0.97
marax_memory_usage_ratio 0.88
marax_memory_total_bytes 1.6e10
marax_load1 9.5
marax_cpus_online 4
marax_boot_time_seconds {self.booted_unix_seconds}
marax_time_seconds {now}
marax_top_process_cpu_usage_ratio{{pid="7",name="make"}} 0.2
marax_top_process_cpu_usage_ratio{{pid="8",name="cc1 \\"plus\\""}} 0.7
marax_top_process_memory_rss_bytes{{pid="7",name="make"}} 1e6
marax_top_process_memory_rss_bytes{{pid="8",name="cc1 \\"plus\\""}} 9e8
""".encode()
