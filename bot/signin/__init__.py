"""How officers sign in: passwords, codes, sessions, and identities of an OpenID provider."""
