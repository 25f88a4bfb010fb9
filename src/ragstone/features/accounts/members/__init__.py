"""A tenant and its members, as they see and change it themselves."""
