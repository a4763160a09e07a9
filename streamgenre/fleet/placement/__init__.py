"""Which group follows which station: what stations cost, how many groups there are, who gets what.

Numbers in, decisions out: nothing here knows Ray, a clock or the network.
"""
