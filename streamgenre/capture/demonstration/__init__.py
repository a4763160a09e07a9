"""The built-in programme: composed, rendered and played as a source."""
