"""What `onedoor packs check` looks at besides what every pack is held to."""

from actions.health.aids import check

__all__ = ["check"]
