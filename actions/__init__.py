"""What departments offer, one folder each, and the kit they are made with."""
