"""`make bench`: measures turns, channels, memory and starts on real components, against stated targets."""
