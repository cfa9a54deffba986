from hypothesis import given
from hypothesis import strategies as st

from alertbridge.prometheus.windows import Span, windows


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 5000), st.integers(0, 900)), max_size=200))
def test_windows_cover_every_span_and_stay_bounded(raw):
    spans = [Span(instance=f"web-{i}", start=end - length, end=end) for i, end, length in raw]

    found = windows(spans)

    assert sum(len(window.instances) for window in found) == len(spans)
    assert all(len(window.instances) <= 40 for window in found)
    assert all(window.end - window.start <= 900 + 600 for window in found)
    for span in spans:
        assert any(
            span.instance in window.instances and window.start <= span.start and span.end <= window.end
            for window in found
        )
