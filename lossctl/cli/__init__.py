"""The command line: one file a command, and one funnel for errors and exit codes."""
