"""What holds for all tests, whatever machine they run on."""

import os

import hypothesis


def pytest_configure() -> None:
    """Let no example be too slow, and ask no proxy for what is on this machine."""
    slow = [hypothesis.HealthCheck.too_slow]
    hypothesis.settings.register_profile("any machine", deadline=None, suppress_health_check=slow)
    hypothesis.settings.load_profile("any machine")
    for name in [name for name in os.environ if name.lower() in {"http_proxy", "https_proxy", "all_proxy"}]:
        del os.environ[name]
