"""The settings file of the bridge: what may stand in it, what is wrong with it, and what is doubtful."""
