"""Deciding, without any I/O: who used the CPU, which groups and which processes are worth showing."""
