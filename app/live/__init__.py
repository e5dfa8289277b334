"""Live answers in the app: who may ask, the pipe to the server that computes, and the route."""
