"""Measurements. They are no tests: a figure is printed beside its floor, and a person judges."""
