"""Staff as the hospital's identity provider keeps it: SCIM 2.0 (RFC 7643, RFC 7644)."""
