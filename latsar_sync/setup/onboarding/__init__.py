"""From an address and a token to a configuration: what the sites offer, what is drafted from it, how it is written."""
