"""The worker: claims jobs, runs them, keeps their leases, delivers events, sweeps."""
