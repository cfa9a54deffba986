"""A sample of every kind of mail, as files to look at."""

from base64 import b64encode
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

from alertbridge.composing.addressing import AUTOMATIC
from alertbridge.delivery.mime import email_message
from alertbridge.mail.mail import Mail
from alertbridge.rendering.renderer import Facts, Rendered, Renderer
from alertbridge.rendering.samples.hosts import samples
from marax.commandline import CannotReachError


def write_samples(folder: Path) -> Iterator[str]:
    """Write every sample into *folder* as .eml, .html and .txt, and yield each sample's path without ending.

    Raises:
        CannotReachError: The folder cannot be written.
    """
    renderer = Renderer()
    for name, facts in samples().items():
        rendered = renderer.render(facts)
        contents = {
            ".eml": sample_message(name, facts, rendered).as_bytes(),
            ".html": _html_alone(rendered).encode(),
            ".txt": rendered.text.encode(),
        }
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for ending, content in contents.items():
                (folder / f"{name}{ending}").write_bytes(content)
        except OSError as error:
            raise CannotReachError(f"cannot write into {folder}: {error.strerror}") from error
        yield str(folder / name)


def sample_message(name: str, facts: Facts, rendered: Rendered) -> EmailMessage:
    """Return the mail that leaves for the sample of that *name*."""
    mail = Mail(
        sender="marax <alerts@mg.example.org>",
        recipient=facts.reader.address,
        recipient_name=facts.reader.name,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        message_id=f"<{name}@mg.example.org>",
        headers=AUTOMATIC,
        images=rendered.images,
        attachments=rendered.attachments,
    )
    return email_message(mail, facts.now_unix_seconds)


def _html_alone(rendered: Rendered) -> str:
    """Return the HTML part with its pictures inside, for a browser: mail programs would not show them so."""
    html = rendered.html
    for image in rendered.images:
        html = html.replace(f"cid:{image.name}", f"data:image/png;base64,{b64encode(image.png).decode()}")
    return html
