"""Whole archives: files and folders classified on many machines, resumable, into one folder."""
