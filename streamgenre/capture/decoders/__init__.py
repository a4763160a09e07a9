"""Decoding in processes of their own, and the parent's side of it."""
