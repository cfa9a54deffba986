"""A sample of every kind of mail, for `preview`, the docs and the tests."""
