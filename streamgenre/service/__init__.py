"""The systemd units: what they hold on this machine, and putting them in place and away."""
