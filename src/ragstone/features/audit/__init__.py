"""The audit log: who did what to which object from where, in chains that show whether anything was changed."""
