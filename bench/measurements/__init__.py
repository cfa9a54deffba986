"""The measurements, one subject a file: each yields rows of the table."""
