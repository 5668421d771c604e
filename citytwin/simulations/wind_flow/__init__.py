"""Wind flow: what is asked for, the place as the solver sees it, what is said of it, the step."""
