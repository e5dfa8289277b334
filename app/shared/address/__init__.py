"""The address is the state: its parameters, their spelling, and the session that binds them."""
