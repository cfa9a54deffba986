"""The mails that were looked at and found good: each part to be read, and two of them whole, as they leave.

After a wanted change, renew them with `python -m tests.alertbridge.rendering.golden` and read the difference.
"""

from pathlib import Path

from alertbridge.cli.preview import sample_message
from alertbridge.rendering.renderer import Rendered, Renderer
from alertbridge.rendering.samples.hosts import samples

MAILS = Path(__file__).parents[2] / "data" / "mails"
KEPT_WHOLE = ("down-refused", "down-timeout")  # with a picture, and without


def parts_of(rendered: Rendered) -> dict[str, str]:
    """Return what is kept of a mail, by the suffix of its file."""
    return {".txt": f"Subject: {rendered.subject}\n\n{rendered.text}", ".html": rendered.html}


def renew() -> None:
    """Write every sample anew."""
    renderer = Renderer()
    MAILS.mkdir(parents=True, exist_ok=True)
    for name, facts in samples().items():
        rendered = renderer.render(facts)
        for suffix, part in parts_of(rendered).items():
            (MAILS / f"{name}{suffix}").write_text(part, encoding="utf-8")
        if name in KEPT_WHOLE:
            message = sample_message(name, facts, rendered)
            for number, branch in enumerate(part for part in message.walk() if part.is_multipart()):
                branch.set_boundary(f"=={name}-{number}==")  # else another one each time
            (MAILS / f"{name}.eml").write_bytes(message.as_bytes())


if __name__ == "__main__":
    renew()
