"""The hosts in the settings: as scrape targets, and asked directly."""
