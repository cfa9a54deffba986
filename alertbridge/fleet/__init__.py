"""The hosts in the settings: as scrape targets, and probed directly."""
