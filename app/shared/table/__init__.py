"""Scalars of problems as a table: columns, filters, quantities, baselines."""
