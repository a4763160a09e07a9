"""A laboratory for the fleet: a real Ray cluster, radio server and broker in a network of their own.

By hand: `python -m tests.support.fleet_lab --isolated up kill-group --report report.json`.
"""
