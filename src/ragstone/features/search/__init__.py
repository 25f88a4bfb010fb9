"""Search: two legs, one ranking, and why each hit is there."""
