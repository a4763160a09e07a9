"""What comes over the network: from an address to decoded blocks and titles."""
