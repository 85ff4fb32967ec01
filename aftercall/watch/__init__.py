"""Is it well? What both halves share to answer that: each looks at itself, and says so to its own operator alone."""
