"""The command line: settings in, words and exit codes out."""
