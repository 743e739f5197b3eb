"""Three agree to one thing, over the service's API: the money follows in the ledger."""
