"""Uses the outbox in a folder before, in and after a spell in which it is read-only; prints how it went."""

import sys
from pathlib import Path

from alertbridge.outbox.database import StoreError
from alertbridge.outbox.outbox import Outbox, open_outbox
from tests.alertbridge.alert_builders import T0, a_routing, an_alert


def main(folder: Path) -> None:
    """Print what comes of each post."""
    outbox = open_outbox(f"sqlite:///{folder}/bridge.db", transport="mailgun")
    post(outbox, "web-1")
    permit(folder, file=0o444, directory=0o555)
    outbox.database.close()  # what is open goes on working; a connection made now does not
    post(outbox, "web-2")
    post(outbox, "web-2")
    permit(folder, file=0o644, directory=0o755)
    post(outbox, "web-2")
    outbox.database.check_writable()
    outbox.close()


def permit(folder: Path, *, file: int, directory: int) -> None:
    for path in folder.iterdir():
        path.chmod(file)
    folder.chmod(directory)


def post(outbox: Outbox, host: str) -> None:
    try:
        taken = outbox.intake.take([an_alert(host)], a_routing(), T0)
        sys.stdout.write(f"{host}: {', '.join(taken.verdicts)}\n")
    except StoreError as error:
        sys.stdout.write(f"{host}: {error}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
