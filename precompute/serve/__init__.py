"""Live answers: one question at once, or a server that keeps its workers warm."""
