"""Tenants of the installation, as its administrator sees them."""
