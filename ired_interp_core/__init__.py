"""The mathematics of IRED energy landscapes, and the declarations that travel between rooms.

Light modules (no torch): `schema`, `records`, `registry`, `schedule`, `tasks`, and the head of
every file in `analyses`. Everything else loads torch.
"""
