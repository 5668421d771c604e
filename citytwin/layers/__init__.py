"""Layer recipes: which field or table a map shows, in which colours and words; one per file."""
