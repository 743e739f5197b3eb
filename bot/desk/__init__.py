"""The desk's core: cases, who speaks in a conversation, queues, clocks, replies and measures."""
