"""Power cuts: both halves' own code on a disk that forgets what was not synced, and what is left of it after the next start."""
