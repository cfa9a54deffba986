"""Real exporters behind TLS, client certificates and passwords, on loopback."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bcrypt
import trustme

from tests.waiting import wait_until

COMMAND = Path(sys.executable).with_name("marax-exporter")
USER, PASSWORD = "prometheus", "pass word"


class Secrets:
    """An authority and what it has signed, as files in *folder*; a password."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = trustme.CA()
        self.ca_file = folder / "ca.pem"
        self.password_file = folder / "password"
        self.authority.cert_pem.write_to_path(self.ca_file)
        self.password_file.write_text(PASSWORD + "\n")
        self.cert_file, self.key_file = self.write("client", self.authority.issue_cert("bridge"))

    def write(self, name: str, certificate: trustme.LeafCert) -> tuple[Path, Path]:
        """Write *certificate* and its key, and return where."""
        cert_file, key_file = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        certificate.cert_chain_pems[0].write_to_path(cert_file)
        certificate.private_key_pem.write_to_path(key_file)
        key_file.chmod(0o600)
        return cert_file, key_file


@contextmanager
def an_exporter(
    secrets: Secrets, name: str, *, tls: bool = True, port: int = 0, **wants: bool
) -> Iterator[int]:
    """Run an exporter that *wants* a `certificate` or a `password`; yields its port."""
    web_config = secrets.folder / f"{name}-web.yml"
    lines = []
    if tls:
        cert_file, key_file = secrets.write(name, secrets.authority.issue_cert("localhost", "127.0.0.1"))
        lines += ["tls_server_config:", f"  cert_file: {cert_file}", f"  key_file: {key_file}"]
    if wants.get("certificate"):
        lines += [
            "  client_auth_type: RequireAndVerifyClientCert",
            f"  client_ca_file: {secrets.ca_file}",
        ]
    if wants.get("password"):
        hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
        lines += ["basic_auth_users:", f'  {USER}: "{hashed}"']
    web_config.write_text("\n".join(lines) + "\n")
    config = secrets.folder / f"{name}.yml"
    config.write_text(
        f"listen: 127.0.0.1:{port}\nweb_config_file: {web_config}\nstate_dir: {secrets.folder / name}\n"
    )
    log = secrets.folder / f"{name}.log"
    with log.open("wb") as stream:
        process = subprocess.Popen([COMMAND, "--config", config], stderr=stream)
    try:
        wait_until(lambda: "msg=listening" in log.read_text(), log.read_text)
        yield int(re.findall(r"msg=listening address=127\.0\.0\.1:([0-9]+)", log.read_text())[-1])
    finally:
        process.kill()
        process.wait()
