"""What tenants have used, and how much they may use."""
