"""A published city over HTTPS: every route asks who it is, and one decision says what they see."""
