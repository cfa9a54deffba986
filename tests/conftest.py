"""What holds for all tests, whatever the machine's owner has set."""

import os


def pytest_configure() -> None:
    """Ask no proxy: whatever a test or a program that it starts may ask is on this machine."""
    for name in [name for name in os.environ if name.lower() in {"http_proxy", "https_proxy", "all_proxy"}]:
        del os.environ[name]
