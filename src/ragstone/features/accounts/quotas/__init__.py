"""How much a tenant may keep, and may spend in a month."""
