import pytest

from marax.serving.asgi import is_guarded, is_kept


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "//metrics", "/-/healthy", "/-/ready/"])
def test_keeps_threads_for_monitoring(path: str):
    assert is_kept(path)


@pytest.mark.parametrize("path", ["/", "/metricsx", "/login", "/metrics/x", "/alerts"])
def test_keeps_none_for_the_rest(path: str):
    assert not is_kept(path)


@pytest.mark.parametrize(
    ("path", "whether"), [("/metrics", True), ("//metrics/", True), ("/-/healthy", False)]
)
def test_guards_the_metrics_only(path: str, whether: bool):  # noqa: FBT001 - what is expected
    assert is_guarded(path) is whether
