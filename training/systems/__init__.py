"""The systems of the papers: features, networks and forests, trained and measured under two protocols."""
