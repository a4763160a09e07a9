"""Many stations on many machines, and whole archives: the extra `fleet`, the only place that knows Ray."""
