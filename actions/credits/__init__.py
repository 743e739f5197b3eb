"""The credits ledger that departments share: accounts of pence, and transfers that are never changed."""
