"""From a sweep file to questions and units of work."""
