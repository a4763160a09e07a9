"""The compiled inner loops; nothing else imports numba."""
