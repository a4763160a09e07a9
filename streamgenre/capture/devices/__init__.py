"""What this machine captures by itself: cards through PortAudio, monitors of sinks through parec."""
