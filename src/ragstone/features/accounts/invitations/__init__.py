"""Invitations: an address and a role, and a token that makes its holder a member."""
