"""One scrape: each collector alone, held to a deadline, filtered and written out."""
