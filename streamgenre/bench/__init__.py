"""What this machine does with our work and with that of others, measured side by side."""
