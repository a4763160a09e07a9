"""The daemon: every source and every publisher of a configuration, for as long as it runs."""
