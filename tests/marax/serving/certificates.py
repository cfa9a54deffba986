"""Made-up authorities and certificates, in the files that a web config names."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Certificates:
    """A folder with `cert.pem`, `key.pem` (of `localhost`) and `ca.pem`, and the clients that go with it."""

    folder: Path
    authority: trustme.CA = field(default_factory=trustme.CA)

    def renew(self) -> None:
        """Write a new certificate and key for the server."""
        certificate = self.authority.issue_cert("localhost")
        certificate.cert_chain_pems[0].write_to_path(self.folder / "cert.pem")
        certificate.private_key_pem.write_to_path(self.folder / "key.pem")
        (self.folder / "key.pem").chmod(0o600)
        self.authority.cert_pem.write_to_path(self.folder / "ca.pem")

    def web_config(self, **more: str) -> Path:
        """Return a web config with TLS, and with *more* keys in its `tls_server_config`."""
        keys = {"cert_file": "cert.pem", "key_file": "key.pem"} | more
        lines = "".join(f"  {key}: {value}\n" for key, value in keys.items())
        path = self.folder / "web.yml"
        path.write_text("tls_server_config:\n" + lines)
        return path

    def client(self, *names: str, issuer: trustme.CA | None = None) -> ssl.SSLContext:
        """Return a client that trusts the server; it shows a certificate that bears *names*, if any."""
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        if names:
            (issuer or self.authority).issue_cert(*names).configure_cert(context)
        return context


def make_certificates(folder: Path) -> Certificates:
    certificates = Certificates(folder)
    certificates.renew()
    return certificates
