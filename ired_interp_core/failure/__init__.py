"""When an answer will fail: which problems fail, from what that is foreseen, and how early."""
